namespace OrleansGateway.RabbitMq;

/// <summary>A connection to a broker and what goes over it: a queue that is read, or events that are published.</summary>
internal interface ILink
{
    /// <summary>What is wrong with it at present; none if it works.</summary>
    string? Problem { get; }

    /// <summary>Runs until told to end, and comes back from whatever breaks it.</summary>
    Task RunAsync(CancellationToken cancellation);
}
