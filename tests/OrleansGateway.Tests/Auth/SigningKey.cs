using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansGateway.Tests.Auth;

/// <summary>A key pair of a test's own issuer: signs tokens by hand, so that broken ones can be made too.</summary>
internal sealed class SigningKey
{
    private readonly Func<byte[], byte[]> _sign;

    private SigningKey(string id, string algorithm, JsonObject jwk, Func<byte[], byte[]> sign)
    {
        jwk["kid"] = id;
        (Id, Algorithm, Jwk, _sign) = (id, algorithm, jwk.ToJsonString(), sign);
    }

    public string Id { get; }

    /// <summary>What it signs with, and says so in the header.</summary>
    public string Algorithm { get; }

    /// <summary>The public half.</summary>
    public string Jwk { get; }

    // Making RSA keys takes long; a test that needs two takes the other one.
    public static SigningKey First { get; } = Rsa("first", 2048);
    public static SigningKey Second { get; } = Rsa("second", 2048);
    public static SigningKey Curve { get; } = Ec("curve");

    public static SigningKey Rsa(string id, int bits, string algorithm = "RS256")
    {
        var hash = algorithm == "RS512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
        var rsa = RSA.Create(bits);
        var parts = rsa.ExportParameters(includePrivateParameters: false);
        return new SigningKey(id, algorithm, new JsonObject { ["kty"] = "RSA", ["n"] = Base64(parts.Modulus!), ["e"] = Base64(parts.Exponent!), ["use"] = "sig" },
            data => rsa.SignData(data, hash, RSASignaturePadding.Pkcs1));
    }

    public static SigningKey Ec(string id)
    {
        var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        return new SigningKey(id, "ES256", new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64(point.X!), ["y"] = Base64(point.Y!) },
            data => ecdsa.SignData(data, HashAlgorithmName.SHA256));
    }

    public static string SetOf(params IEnumerable<SigningKey> keys) => $$"""{"keys":[{{string.Join(',', keys.Select(k => k.Jwk))}}]}""";

    /// <summary>A token of these claims. <paramref name="header"/> replaces the whole header.</summary>
    public string Sign(string claims, string? header = null) =>
        Assemble(header ?? $$"""{"alg":"{{Algorithm}}","kid":"{{Id}}","typ":"JWT"}""", claims, _sign);

    public static string Assemble(string header, string claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Base64(Encoding.UTF8.GetBytes(header))}.{Base64(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64(sign(Encoding.UTF8.GetBytes(signed)))}";
    }

    public static string Base64(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
