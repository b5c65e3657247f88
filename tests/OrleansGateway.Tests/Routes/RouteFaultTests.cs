using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Routes;

/// <summary>One thing wrong with a route gives one fault, at the setting that is wrong.</summary>
public sealed class RouteFaultTests
{
    [Theory]
    [InlineData("path: /u/, upstream: web")]
    [InlineData("path: '/u/{id}/x', upstream: web, rewrite: {path: '/v/{id}', host: keep}, match: {methods: [GET], headers: {x-a: '*'}, query: {b: c}}")]
    [InlineData("path: '/u/{$}', hosts: [a.example, '*.b.example', '[::1]', bücher.example], upstream: web, auth: [anonymous], rewrite: {host: 'a.internal:8080'}")]
    [InlineData("path: '/u/{all...}', redirect: {to: 'https://{host}{path}', status: 302}")]
    [InlineData("path: /u, respond: {}, compression: {types: ['text/*']}, cors: {origins: ['*']}, response_headers: {add: {x: y}}")]
    [InlineData("hosts: [other.example], models: [fast]")]
    [InlineData("path: /, upstream: web, match: {methods: [GET]}")]
    public void Read_OfAProperRoute_GivesNoFault(string route)
    {
        using var folder = new TestFolder();
        Assert.Empty(folder.FaultsOf(With(route)));
    }

    [Theory]
    [InlineData("path: u, upstream: web", "path: A path begins with a slash.")]
    [InlineData("path: '/a//b', upstream: web", "path: At character 4: two slashes have nothing between them.")]
    [InlineData("path: '/a/{x/b', upstream: web", "path: At character 4: a segment is either fixed or {name} as a whole, closed with }.")]
    [InlineData("path: '/a/x{y}', upstream: web", "path: At character 4: a segment is either fixed or {name} as a whole.")]
    [InlineData("path: '/a/{1}', upstream: web", "path: At character 4: a name has letters, digits and _, and begins with a letter.")]
    [InlineData("path: '/{x...}/b', upstream: web", "path: At character 2: {name...} stands only at the end.")]
    [InlineData("path: '/{$}/b', upstream: web", "path: At character 2: {$} stands only at the end.")]
    [InlineData("path: '/{x}/{x...}', upstream: web", "path: At character 6: the name x is given twice.")]
    [InlineData("path: '/a/../b', upstream: web", "path: At character 4: a segment cannot be . or .., which are resolved before a path is looked up.")]
    [InlineData("path: '/a%20b', upstream: web", "path: At character 2: % is not taken; write the character itself, not its encoding.")]
    [InlineData("path: '/a/*', upstream: web", "path: At character 4: the character * cannot be in a path.")]
    [InlineData("path: '/{x}/'", "path: The path of a route for the model API ends in a slash and has no { }.")]
    [InlineData("path: /u/, hosts: ['a.*'], upstream: web", "hosts[0]: The * stands only at the beginning, before a dot: *.example.com.")]
    [InlineData("path: /u/, hosts: [a.example, 'A.example.'], upstream: web", "hosts[1]: 'A.example.' is listed twice.")]
    [InlineData("path: /u/, hosts: ['a:80'], upstream: web", "hosts[0]: A host has no scheme and no port here; an IPv6 address goes in brackets.")]
    [InlineData("path: /u/, hosts: ['a b'], upstream: web", "hosts[0]: This is not a host's name, such as shop.example.com.")]
    [InlineData("path: /u/, match: {methods: [get]}, upstream: web", "match.methods[0]: 'get' is not a method; they are in capitals, such as GET.")]
    [InlineData("path: /u/, match: {headers: {'x y': z}}, upstream: web", "match.headers[\"x y\"]: 'x y' is not a header's name; it takes letters, digits and dashes.")]
    [InlineData("path: /u/, upstream: wbe", "upstream: There is no 'wbe' among the upstreams. Did you mean 'web'? Known upstreams: web.")]
    [InlineData("path: /u/, upstream: web, respond: {}", "respond: upstream is given too; a route does one thing, so take one of the two out.")]
    [InlineData("path: /u/, upstream: web, models: [fast]", "models: Only a route of the model API has models; take it out.")]
    [InlineData("path: /u/, rewrite: {path: /}", "rewrite: The model API has no use for it; take it out, or name an upstream.")]
    [InlineData("path: /u/, auth: [key, anonymous]", "auth: The model API cannot be used anonymously: what it costs is somebody's. Take anonymous out, or name an upstream.")]
    [InlineData("path: /u/, respond: {}, pass_credentials: true", "pass_credentials: A route with respond passes nothing on; take it out.")]
    [InlineData("path: /u/, redirect: {to: /}, compression: {}", "compression: A redirect has no body to compress; take it out.")]
    [InlineData("path: /u/, redirect: {to: /, status: 304}", "redirect.status: A redirect has the status 301, 302, 303, 307 or 308.")]
    [InlineData("path: /u/, redirect: {to: '//x'}", "redirect.to: A path begins with one slash; two begin a host, and go with a scheme.")]
    [InlineData("path: /u/, redirect: {to: '/{x}'}", "redirect.to: There is no {x}: known are scheme, host, path, query and the names in the route's path.")]
    [InlineData("path: /u/, upstream: web, rewrite: {path: '/{x}'}", "rewrite.path: There is no {x} in the route's path.")]
    [InlineData("path: /u/, upstream: web, rewrite: {host: 'http://x'}", "rewrite.host: This is not target, keep, or a host such as shop.internal or shop.internal:8080.")]
    [InlineData("path: /u/, upstream: web, request_headers: {set: {Content-Length: '1'}}", "request_headers.set.Content-Length: The header Content-Length belongs to the connection or the framing of messages and cannot be changed.")]
    [InlineData("path: /u/, upstream: web, request_headers: {remove: [host]}", "request_headers.remove[0]: The header Host is changed by rewrite.host.")]
    [InlineData("path: /u/, upstream: web, response_headers: {rename: {a: te}}", "response_headers.rename.a: The header te belongs to the connection or the framing of messages and cannot be changed.")]
    [InlineData("path: /u/, upstream: web, response_headers: {add: {a: x, A: y}}", "response_headers.add.A: The header A is given twice; capitals make no difference.")]
    [InlineData("path: /u/, upstream: web, response_headers: {add: {a: \"x\\r\\ny\"}}", "response_headers.add.a: The value holds a character that cannot be sent in a header (a line break?).")]
    [InlineData("path: /u/, respond: {status: 204, body: x}", "respond.body: An answer with status 204 has no body.")]
    [InlineData("path: /u/, respond: {content_type: text}", "respond.content_type: 'text' is not a media type such as application/json.")]
    [InlineData("path: /u/, respond: {}, cors: {origins: ['*'], credentials: true}", "cors.origins[0]: Any page could then act for whoever is signed in; list the origins, or take credentials out.")]
    [InlineData("path: /u/, respond: {}, cors: {origins: ['https://a/']}", "cors.origins[0]: 'https://a/' is not an origin such as https://app.example.com or https://*.example.com, or * for any; it has no path.")]
    [InlineData("path: /u/, respond: {}, cors: {origins: ['*'], methods: [put]}", "cors.methods[0]: 'put' is not a method; they are in capitals, such as GET.")]
    [InlineData("path: /u/, respond: {}, cors: {origins: ['*']}, response_headers: {set: {Access-Control-Max-Age: '1'}}", "response_headers.set: The section cors writes Access-Control-Max-Age; take it out here.")]
    [InlineData("path: /u/, respond: {}, compression: {types: [json]}", "compression.types[0]: 'json' is not a media type such as text/html, text/* or application/*+json.")]
    [InlineData("path: /u/, respond: {}, compression: {encodings: [br, br]}", "compression.encodings: A coding is listed twice.")]
    [InlineData("upstream: web", "path: routes.default takes the same requests, and the two cannot be told apart; change the path, or what one of them must match.")]
    public void Read_WhenOneThingIsWrongWithARoute_GivesOneFaultThere(string route, string fault)
    {
        using var folder = new TestFolder();
        var (path, message) = (fault[..fault.IndexOf(": ", StringComparison.Ordinal)], fault[(fault.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        var found = Assert.Single(folder.FaultsOf(With(route)));
        Assert.EndsWith($" routes.u.{path}: {message}", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path: '/{a}/', match: {methods: [GET, PUT]}", "path: '/{b}/{rest...}', match: {methods: [PUT]}", true)]
    [InlineData("path: '/{a}/', match: {methods: [GET]}", "path: '/{b}/', match: {methods: [PUT]}", false)]
    [InlineData("path: '/{a}/', match: {headers: {X: y}}", "path: '/{b}/', match: {headers: {x: y}}", true)]
    [InlineData("path: '/{a}/', match: {headers: {x: y}}", "path: '/{b}/', match: {headers: {x: z}}", false)]
    [InlineData("path: /a, hosts: [a.example, b.example]", "path: /a, hosts: [c.example, B.example]", true)]
    [InlineData("path: /a, hosts: ['*.example']", "path: /a, hosts: [b.example]", false)]
    [InlineData("path: /a/", "path: '/a/{$}'", false)]
    public void Read_OfTwoRoutes_FaultsThoseThatCannotBeToldApart(string one, string two, bool fault)
    {
        using var folder = new TestFolder();
        var faults = folder.FaultsOf(With(one + ", respond: {}") + $"  v: {{{two}, respond: {{}}}}\n");
        Assert.Equal(fault ? 1 : 0, faults.Length);
        if (fault) Assert.Contains("routes.v.path: routes.u takes the same requests", faults[0], StringComparison.Ordinal);
    }

    private static string With(string route) =>
        "upstreams: { web: { targets: [ { url: http://127.0.0.1:1 } ] } }\n" + TestFolder.Good + $"  u: {{{route}}}\n";
}
