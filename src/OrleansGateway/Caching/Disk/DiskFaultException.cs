namespace OrleansGateway.Caching.Disk;

/// <summary>What a file holds is not what was written to it.</summary>
internal sealed class DiskFaultException(string message) : IOException(message);
