using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>Who is told of an answer while it is passed on to a client.</summary>
internal interface IAnswerWatch
{
    /// <summary>Its head has come and stands in the client's answer, of which nothing has been sent. It is sent once this returns.</summary>
    ValueTask HeadAsync(UpstreamResponse answer);

    /// <summary>A piece of the body, before it is passed on. Good only for this call.</summary>
    void Piece(ReadOnlySpan<byte> piece);

    /// <summary>It has been passed on to its proper end.</summary>
    void Completed();
}
