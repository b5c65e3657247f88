// The NuGet SDK `OpenAI` through the gateway: a whole answer, a stream, and an error. One file, run by the .NET SDK 10; the version of the
// package comes from Directory.Packages.props. In a project of your own: dotnet add package OpenAI
//
//   ./gateway                                                                          (in one terminal)
//   GATEWAY_KEY=$(cat .gateway/demo-key) dotnet run examples/openai-dotnet/Chat.cs     (in another)
#:package OpenAI

using System.ClientModel;
using OpenAI;
using OpenAI.Chat;

var key = Environment.GetEnvironmentVariable("GATEWAY_KEY") ?? throw new InvalidOperationException("Set GATEWAY_KEY to a key of the gateway.");
var gateway = new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1:8080/v1") };
var client = new ChatClient("fake-chat", new ApiKeyCredential(key), gateway);

ChatCompletion completion = await client.CompleteChatAsync("Hello from the .NET SDK!");
Console.WriteLine($"whole:  {completion.Content[0].Text}");

Console.Write("stream: ");
await foreach (var update in client.CompleteChatStreamingAsync("Hello from the .NET SDK!"))
{
    foreach (var part in update.ContentUpdate) Console.Write(part.Text);
}

Console.WriteLine();

try
{
    await new ChatClient("no-such-model", new ApiKeyCredential(key), gateway).CompleteChatAsync("Hello?");
}
catch (ClientResultException error)
{
    Console.WriteLine($"error:  {error.Status} {error.Message.ReplaceLineEndings(" ")}");
}
