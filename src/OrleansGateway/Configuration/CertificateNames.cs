using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Configuration;

/// <summary>The alternative names in a certificate, RFC 5280 §4.2.1.6.</summary>
internal static class CertificateNames
{
    private const string AlternativeNames = "2.5.29.17";
    private const int DnsTag = 2;
    private const int UriTag = 6;

    /// <summary>DNS names, small letters.</summary>
    public static IReadOnlyList<string> Dns(X509Certificate2 certificate) => [.. Read(certificate, DnsTag).Select(n => n.ToLowerInvariant())];

    public static IReadOnlyList<string> Uris(X509Certificate2 certificate) => Read(certificate, UriTag);

    private static List<string> Read(X509Certificate2 certificate, int wanted)
    {
        var names = new List<string>();
        try
        {
            if (certificate.Extensions[AlternativeNames] is not { } extension) return names;
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var tag = new Asn1Tag(TagClass.ContextSpecific, wanted);
            while (sequence.HasData)
            {
                if (sequence.PeekTag() == tag) names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else sequence.ReadEncodedValue();
            }
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException)
        {
            // Half of a broken list is no list: such a certificate has no names.
            names.Clear();
        }

        return names;
    }
}
