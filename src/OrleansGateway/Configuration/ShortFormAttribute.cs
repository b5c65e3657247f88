namespace OrleansGateway.Configuration;

/// <summary>
/// Marks the one setting of a record that may be written in place of the whole record: a single value means a section with that setting alone.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ShortFormAttribute : Attribute;
