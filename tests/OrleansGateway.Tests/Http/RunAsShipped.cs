using System.Runtime.CompilerServices;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Http;

/// <summary>The gateways in this process use sockets as the program does.</summary>
internal static class RunAsShipped
{
    [ModuleInitializer]
    public static void Begin() => SocketThreads.Use();
}
