using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace OrleansGateway.Configuration;

/// <summary>The public keys of an issuer, from a JWK set (RFC 7517 §5): those that can check a signature. Others are passed over, as the RFC asks.</summary>
internal sealed class JwkSet
{
    /// <summary>Largest set that is read; the largest known (a cloud's) are below 20 KiB.</summary>
    public const int BytesMax = 256 << 10;

    private const int KeysMax = 100;
    private const int RsaBitsMin = 2048;
    // A check with a larger one costs so much that few requests would fill a processor.
    private const int RsaBitsMax = 8192;

    // A key in there twice under one name would let two readers see two keys.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly JsonWebKey[] _keys;

    private JwkSet(JsonWebKey[] keys) => _keys = keys;

    /// <summary>The set; or none, and what is wrong with it.</summary>
    public static (JwkSet? Set, string Problem) Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array)
            {
                return (null, "it is no JWK set: an object with a list 'keys'");
            }

            if (list.GetArrayLength() > KeysMax) return (null, $"it holds more than {KeysMax} keys");
            JsonWebKey[] keys = [.. list.EnumerateArray().Select(KeyOf).OfType<JsonWebKey>()];
            return keys.Length > 0
                ? (new JwkSet(keys), "")
                : (null, "it holds no key that can check a signature: RSA of 2,048 to 8,192 bits, P-256, P-384 or P-521");
        }
        catch (JsonException)
        {
            return (null, "it is not valid JSON");
        }
    }

    /// <summary>The key of that id for that algorithm. A token without an id is only checked if one key alone could be meant.</summary>
    public SecurityKey? Find(string? id, string algorithm)
    {
        var fitting = _keys.Where(k => Fits(k, algorithm) && (id is null || k.KeyId == id)).Take(2).ToArray();
        return fitting.Length == 1 || (id is not null && fitting.Length > 0) ? fitting[0] : null;
    }

    private static bool Fits(JsonWebKey key, string algorithm)
    {
        if (key.Alg is { Length: > 0 } own && own != algorithm) return false;
        return algorithm switch
        {
            "ES256" => key.Crv == "P-256",
            "ES384" => key.Crv == "P-384",
            "ES512" => key.Crv == "P-521",
            _ => key.Kty == "RSA",
        };
    }

    private static JsonWebKey? KeyOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || Text("use") is not (null or "sig") || !MayVerify(json)) return null;
        var key = new JsonWebKey { Kty = Text("kty"), KeyId = Text("kid"), Alg = Text("alg"), Crv = Text("crv"), N = Text("n"), E = Text("e"), X = Text("x"),
            Y = Text("y") };
        return CanBeUsed(key) ? key : null;

        string? Text(string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    // RFC 7517 §4.3
    private static bool MayVerify(JsonElement json) =>
        !json.TryGetProperty("key_ops", out var uses)
        || (uses.ValueKind == JsonValueKind.Array && uses.EnumerateArray().Any(u => u.ValueKind == JsonValueKind.String && u.ValueEquals("verify")));

    /// <summary>Whether it is a key of a kind and strength we take: tried now, so that a broken one is not found out by a request.</summary>
    private static bool CanBeUsed(JsonWebKey key)
    {
        try
        {
            return key.Kty switch
            {
                "RSA" => IsRsa(key),
                "EC" => IsPoint(key),
                _ => false,
            };
        }
        catch (Exception unusable) when (unusable is CryptographicException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private static bool IsRsa(JsonWebKey key)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(key.N), Exponent = Base64UrlEncoder.DecodeBytes(key.E) });
        return rsa.KeySize is >= RsaBitsMin and <= RsaBitsMax;
    }

    private static bool IsPoint(JsonWebKey key)
    {
        var curve = key.Crv switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            "P-521" => ECCurve.NamedCurves.nistP521,
            _ => throw new CryptographicException("Not a curve of ours."),
        };
        var point = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) };
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve, Q = point });
        return true;
    }
}
