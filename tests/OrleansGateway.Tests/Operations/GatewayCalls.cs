using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Operations;

/// <summary>Calls that clients and operators make.</summary>
internal static class GatewayCalls
{
    public static HttpRequestMessage Chat(Uri gateway, string model, string said, bool stream = false, string key = OperationsFolder.Key)
    {
        var body = $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{said}}"}]}""";
        return new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, "/v1/chat/completions"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        };
    }

    /// <summary>Status of a call with that key.</summary>
    public static async Task<HttpStatusCode> StatusAsync(this HttpClient client, Uri gateway, string key, CancellationToken cancellation)
    {
        using var request = Chat(gateway, "quick", "hello", key: key);
        using var response = await client.SendAsync(request, cancellation);
        return response.StatusCode;
    }

    /// <summary>Version of the configuration that answers now.</summary>
    public static async Task<string> VersionAsync(this HttpClient client, Uri gateway, CancellationToken cancellation)
    {
        using var request = Chat(gateway, "quick", "hello");
        using var response = await client.SendAsync(request, cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return VersionOf(response);
    }

    public static string VersionOf(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues("x-gateway-config-version"));

    /// <summary>A call of the admin API that must succeed.</summary>
    public static async Task<JsonElement> AdminAsync(this HttpClient client, Uri admin, string token, string path, string body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(admin, "/admin/v1" + path))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        using var response = await client.SendAsync(request, cancellation);
        var answer = await response.Content.ReadAsStringAsync(cancellation);
        Assert.True(response.IsSuccessStatusCode, answer);
        return JsonElement.Parse(answer);
    }

    /// <summary>Asks again until the gateway says that it drains.</summary>
    public static async Task DrainingAsync(this HttpClient client, Uri admin, CancellationToken cancellation)
    {
        while (true)
        {
            using var ready = await client.GetAsync(new Uri(admin, "/readyz"), cancellation);
            if (ready.StatusCode == HttpStatusCode.ServiceUnavailable) break;
        }
    }

    /// <summary>Connects anew until that is refused.</summary>
    public static async Task RefusedAsync(Uri gateway, CancellationToken cancellation)
    {
        while (true)
        {
            using var connection = new TcpClient();
            try
            {
                await connection.ConnectAsync(IPAddress.Parse(gateway.Host), gateway.Port, cancellation);
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return;
            }
            catch (SocketException closing) when (closing.SocketErrorCode == SocketError.ConnectionReset)
            {
                // It came while the listener was being closed.
            }
        }
    }
}
