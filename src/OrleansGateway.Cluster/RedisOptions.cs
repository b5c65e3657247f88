using OrleansGateway.Cluster.Tls;
using OrleansGateway.Configuration;
using StackExchange.Redis;

namespace OrleansGateway.Cluster;

/// <summary>How a Redis is reached.</summary>
internal static class RedisOptions
{
    /// <summary>Throws <see cref="IOException"/> if it is not understood.</summary>
    /// <param name="redis">As StackExchange.Redis takes it.</param>
    /// <param name="authorities">Whose certificate it must have; none: the system's.</param>
    /// <param name="setting">Name of the setting.</param>
    public static ConfigurationOptions Of(Secret redis, Secret? authorities, string setting)
    {
        try
        {
            var options = ConfigurationOptions.Parse(redis.Reveal());
            if (authorities is not null) RedisTrust.Trust(options, authorities.Reveal());
            return options;
        }
        catch (ArgumentException wrong)
        {
            throw new IOException($"{setting} is not understood: {wrong.Message}", wrong);
        }
    }
}
