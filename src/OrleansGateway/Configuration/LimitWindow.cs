namespace OrleansGateway.Configuration;

/// <summary>The time that a limit is for: a length such as <c>30s</c>, or a unit of the calendar such as <c>day</c>.</summary>
/// <param name="Length">How long; of a unit, how long it usually is.</param>
/// <param name="Unit">Unit of the calendar; none for a length.</param>
public readonly record struct LimitWindow(TimeSpan Length, CalendarUnit? Unit = null)
{
    private static readonly (string Name, LimitWindow Window)[] Units =
    [
        ("minute", new(TimeSpan.FromMinutes(1), CalendarUnit.Minute)),
        ("hour", new(TimeSpan.FromHours(1), CalendarUnit.Hour)),
        ("day", new(TimeSpan.FromDays(1), CalendarUnit.Day)),
        ("week", new(TimeSpan.FromDays(7), CalendarUnit.Week)),
        ("month", new(TimeSpan.FromDays(30), CalendarUnit.Month)),
    ];

    /// <summary>Reads the written form; false where it is none.</summary>
    public static bool TryParse(string text, out LimitWindow window)
    {
        window = Array.Find(Units, u => u.Name == text).Window;
        if (window.Unit is not null) return true;
        if (!Duration.TryParse(text, out var length)) return false;
        window = new LimitWindow(length);
        return true;
    }

    /// <summary>The written form.</summary>
    public override string ToString()
    {
        var unit = Unit;
        return unit is null ? Duration.Write(Length) : Array.Find(Units, u => u.Window.Unit == unit).Name;
    }
}

/// <summary>A unit of the calendar.</summary>
public enum CalendarUnit
{
    /// <summary>60 seconds.</summary>
    Minute,

    /// <summary>60 minutes.</summary>
    Hour,

    /// <summary>From midnight to midnight.</summary>
    Day,

    /// <summary>From Monday to Sunday, unless stated otherwise.</summary>
    Week,

    /// <summary>From the first, unless stated otherwise.</summary>
    Month,

    /// <summary>Three months.</summary>
    Quarter,

    /// <summary>Twelve months.</summary>
    Year,
}
