using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>What the gateway may say to a client, by a strict reading of what that client said.</summary>
internal sealed class FuzzOracle(FuzzCase @case, int seed)
{
    private readonly List<ReadRequest> _requests = @case.IsHttp2 ? [] : ReadRequest.All(@case.Wire);

    /// <summary>Whether an answer is still to come. Requests that are not whole, or that nobody can be sure of, are owed none.</summary>
    public bool IsOwed(string heard)
    {
        var owed = _requests.Count(r => r.Verdict is Verdict.Whole or Verdict.WrongHead or Verdict.WrongBody);
        if (owed == 0) return false;
        var answers = ReadAnswer.All(heard, _requests, closed: false);
        if (answers.Exists(a => a.Status == 101 || a.Fault is not null)) return false;
        return answers.Count(a => a.IsWhole) < owed;
    }

    /// <summary>What is wrong with what was heard; none if nothing is.</summary>
    public string? Fault(Heard heard)
    {
        if (heard.Fault is { } fault) return fault;
        var stranger = Marker.In(heard.Wire, seed).FirstOrDefault(m => Marker.CaseOf(m) != @case.Number);
        if (stranger is not null) return $"It was answered with bytes of case {Marker.CaseOf(stranger)}";
        if (heard.Wire.Contains(OperationsFolder.ProviderKey, StringComparison.Ordinal)) return "The provider's key was shown";
        if (heard.Wire.Contains(OperationsFolder.Key, StringComparison.Ordinal) && !IsKeySaidElsewhere(heard.Wire)) return "The client's key was shown";
        if (@case.IsHttp2) return Http2Oracle.Fault(heard.Wire);
        if (_requests is [{ Verdict: Verdict.Unclear }, ..]) return null;
        var answers = ReadAnswer.All(heard.Wire, _requests, heard.Closed);
        for (var n = 0; n < answers.Count; n++)
        {
            if (FaultOf(answers, n, heard.Wire) is { } found) return $"Answer {n}: {found}";
        }

        return @case.IsClean ? CleanFault(answers) : null;
    }

    /// <summary>Whether the client itself put its key where it is repeated: a mutation made it the name of a model, say, or it was said to an echo.</summary>
    private bool IsKeySaidElsewhere(string heard)
    {
        var field = @case.IsHttp2 ? "authorization%Bearer " + OperationsFolder.Key : "\r\nAuthorization: Bearer " + OperationsFolder.Key + "\r\n";
        return @case.Wire.Split(OperationsFolder.Key).Length > @case.Wire.Split(field).Length || heard.Contains("HTTP/1.1 101 ", StringComparison.Ordinal);
    }

    private string? FaultOf(List<ReadAnswer> answers, int n, string wire)
    {
        var answer = answers[n];
        if (answer.Fault is not null) return answer.Fault;
        if (n >= _requests.Count) return "Nobody asked";
        var request = _requests[n];
        if (request.Verdict == Verdict.WrongHead && answer.Status is > 0 and < 400) return $"{answer.Status} for a request with {request.Why}";
        if (answer.Status >= 500 && wire.AsSpan(answer.Start, answer.End - answer.Start).Contains("cannot be sent", StringComparison.Ordinal)) return $"{answer.Status} for a request that cannot be sent on: that is no server's fault";
        if (request.Verdict == Verdict.WrongBody && answer.Status is > 0 and < 300 && MustReadBody(request)) return $"{answer.Status} for a body with {request.Why}";
        if (answer.Status == 101) return null;
        var others = Marker.In(@case.Wire[..request.Start] + " " + @case.Wire[request.End..], seed).Except(Marker.In(@case.Wire[request.Start..request.End], seed));
        return Marker.In(wire[answer.Start..answer.End], seed).Intersect(others).Any() ? "It answers another request of the same connection" : null;
    }

    /// <summary>Whether there is no good answer before the body has been read to its end.</summary>
    private static bool MustReadBody(ReadRequest request) =>
        request.Method == "POST" && (request.Target.StartsWith("/v1/", StringComparison.Ordinal) || IsForwarded(request));

    private static bool IsForwarded(ReadRequest request) =>
        request.Target.StartsWith("/steady/", StringComparison.Ordinal) || request.Target.StartsWith("/unsteady/", StringComparison.Ordinal);

    private string? CleanFault(List<ReadAnswer> answers)
    {
        for (var n = 0; n < _requests.Count; n++)
        {
            if (answers.Count <= n || !answers[n].IsWhole) return $"Request {n} was not answered, though nothing was wrong with it";
            if (answers[n].Status >= 500) return $"Request {n} was answered with {answers[n].Status}, though nothing was wrong with it";
            if (answers[n].Status >= 400 && _requests[n].Target.StartsWith("/steady/", StringComparison.Ordinal)) return $"Request {n} was refused, though nothing was wrong with it";
            if (answers[n].Status == 101) break;
        }

        return null;
    }
}
