global using System.Globalization;
global using OrleansGateway.Tests;
global using Xunit;
