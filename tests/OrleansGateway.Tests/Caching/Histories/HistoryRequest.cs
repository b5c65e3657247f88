namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>A request of a client, or one that an origin gets.</summary>
internal sealed record HistoryRequest(string Method, string Target, Fields Fields)
{
    public bool IsGet => Method == "GET";

    public bool IsHead => Method == "HEAD";

    public override string ToString() => $"{Method} {Target} {Fields}";
}

/// <summary>An answer of an origin, or what a client gets.</summary>
internal sealed record HistoryAnswer(int Status, Fields Fields, byte[] Body)
{
    /// <summary>The text of the answer that the origin gave under this number is in it (<c>X-Id</c>); none if no origin made it.</summary>
    public int? Id => int.TryParse(Fields.Only("X-Id"), out var id) ? id : null;

    /// <summary>Why the gateway refused, where it did.</summary>
    public string? Refusal { get; init; }

    public override string ToString() => $"{Status} {Fields} [{System.Text.Encoding.ASCII.GetString(Body)}] {Refusal}";
}

/// <summary>What an origin was asked and said. The answer is none where it broke off.</summary>
/// <param name="Id">Number of it.</param>
/// <param name="Request">As the origin got it.</param>
/// <param name="Answer">What it said; none if it failed.</param>
/// <param name="SentAt">When the request went out.</param>
/// <param name="CameAt">When the answer came.</param>
/// <param name="AskedAtEvent">How many events there had been before it was asked.</param>
/// <param name="Version">Of what it has under the URL: the body is made of it.</param>
internal sealed record Asked(int Id, HistoryRequest Request, HistoryAnswer? Answer, DateTimeOffset SentAt, DateTimeOffset CameAt, long AskedAtEvent, int Version)
{
    public override string ToString()
    {
        var conditions = Request.Fields.Lines.Where(static line => line.Name.StartsWith("If-", StringComparison.Ordinal) || line.Name == "Range")
            .Select(static line => $"{line.Name}: {line.Value} | ");
        return $"{Id} {Request.Method} {string.Concat(conditions)}=> {Answer?.ToString() ?? "broke off"}";
    }
}
