namespace OrleansGateway.Storage;

/// <summary>The store cannot be used until an operator mends it. The message says how.</summary>
internal sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
