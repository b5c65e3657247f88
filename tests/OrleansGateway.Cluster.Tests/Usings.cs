global using System.Globalization;
global using Orleans;
global using OrleansGateway.Tests;
global using Xunit;
