namespace OrleansGateway.Configuration;

/// <summary>No part of an attempt may be given more time than the whole.</summary>
internal static class TimeoutRules
{
    public static void Check(TimeoutSettings timeouts, string path, Findings findings)
    {
        Check("connect", timeouts.Connect);
        Check("first_token", timeouts.FirstToken);
        Check("idle", timeouts.Idle);

        // Only what is stated: a default above a short total is no mistake, the total simply comes first.
        void Check(string name, TimeSpan part)
        {
            if (part <= timeouts.Total || !findings.IsGiven(SettingPath.Field(path, name)) || findings.IsFaulty(SettingPath.Field(path, "total"))) return;
            findings.Report(path, name, $"{Duration.Write(part)} is longer than total, which is {Duration.Write(timeouts.Total)}.");
        }
    }
}
