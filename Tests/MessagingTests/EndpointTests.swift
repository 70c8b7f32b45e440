import Messaging
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("tcp://127.0.0.1:7400", "127.0.0.1", 7400, true),
        ("tcp://127.255.0.9:1", "127.255.0.9", 1, true),
        ("tcp://LocalHost:*", "LocalHost", nil, true),
        ("tcp://[::1]:65535", "::1", 65_535, true),
        ("tcp://*:7400", "*", 7400, false),
        ("tcp://0.0.0.0:7400", "0.0.0.0", 7400, false),
        ("tcp://[::]:7400", "::", 7400, false),
        ("tcp://127.0.0.1.example.org:7400", "127.0.0.1.example.org", 7400, false),
        ("tcp://localhost.example.org:7400", "localhost.example.org", 7400, false),
        ("tcp://127.0.0.256:7400", "127.0.0.256", 7400, false),
        ("tcp://coordinator_1:0", "coordinator_1", nil, false),
    ]) func hostPortAndLoopbackAreRead(text: String, host: String, port: UInt16?, isLoopback: Bool) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "tcp://", "tcp://:1", "tcp://host", "tcp://host:", "tcp://host:65536", "tcp://host:-1", "tcp://host:+1",
        "ipc://file:1", "inproc://name:1", "host:7400", "tcp://::1:7400", "tcp://[::1]", "tcp://[host]:1",
        "tcp://eth0;127.0.0.1:1", "tcp://a b:1", "tcp://[]:1", "tcp://[:1", "tcp:/host:1", "tcp://host:1\0",
    ]) func whatIsNoEndpointIsRefused(text: String) {
        let error = #expect(throws: MessagingError.self) { try Endpoint(text) }
        #expect(error?.code == .invalidEndpoint)
    }

    @Test(arguments: ["tcp://127.0.0.1:7400", "tcp://[fe80::1]:7400", "tcp://*:*"])
    func anEndpointPrintsAsItIsWritten(text: String) throws {
        #expect(try Endpoint(text).description == text)
    }
}
