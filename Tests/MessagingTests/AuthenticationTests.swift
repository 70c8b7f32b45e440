import Messaging
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)), .enabled(if: MessagingContext.hasCurve)) struct AuthenticationTests {
    private static let quick = SocketTimings(
        reconnectInterval: .milliseconds(10),
        reconnectMaximum: .milliseconds(50),
        linger: .milliseconds(300)
    )

    /// A coordinator's end whose handler lets in whom the test says.
    private final class Door: Sendable {
        let pair: CurveKeyPair
        private let guests: Guests
        let handler: ZAPHandler
        let router: RouterEndpoint

        init(domain: String = "godwit") throws {
            let context = try MessagingContext()
            let pair = try CurveKeyPair.random()
            let guests = Guests()
            self.handler = try ZAPHandler(domain: "godwit", in: context) { key in guests.admits(key) }
            self.router = try RouterEndpoint(
                binding: Endpoint("tcp://127.0.0.1:*"),
                security: .curveServer(secret: pair.secretKey, domain: domain),
                context: context
            )
            self.pair = pair
            self.guests = guests
        }

        func allow(_ key: CurveKey) { self.guests.allowed.withLock { _ = $0.insert(key) } }

        func revoke(_ key: CurveKey) { self.guests.allowed.withLock { _ = $0.remove(key) } }

        func dealer(_ own: CurveKeyPair, server: CurveKey? = nil) throws -> DealerEndpoint {
            try DealerEndpoint(
                connecting: self.router.boundEndpoint,
                security: .curveClient(own, server: server ?? self.pair.publicKey),
                timings: quick
            )
        }

        /// Says something and closes: what gets in has got in afterwards, whatever else happened.
        func hears(_ dealer: DealerEndpoint) async -> IncomingFrames? {
            _ = await dealer.send([[1]])
            await dealer.close()
            await self.router.close()
            return await self.router.next()
        }
    }

    private final class Guests: Sendable {
        let allowed = Mutex<Set<CurveKey>>([])

        func admits(_ key: CurveKey) -> Bool { self.allowed.withLock { $0.contains(key) } }
    }

    @Test func aKnownKeyGetsInAndEveryMessageCarriesIt() async throws {
        let door = try Door()
        let own = try CurveKeyPair.random()
        door.allow(own.publicKey)
        let dealer = try door.dealer(own)
        for number in UInt8(0)..<3 {
            _ = await dealer.send([[number], [7]])
            let message = try #require(await door.router.next())
            #expect(message.frames == [[number], [7]])
            #expect(message.key == own.publicKey)
        }
        #expect(await dealer.lastHandshake == .succeeded)
        #expect(await !dealer.isConnecting)
        await door.router.close()
        while await dealer.lastHandshake != .disconnected { await Task.yield() }
        #expect(await dealer.isConnecting)
        await dealer.close()
    }

    /// Nobody has to look between two of them to know that there were two.
    @Test func everyHandshakeThatSucceedsIsCounted() async throws {
        let door = try Door()
        let own = try CurveKeyPair.random()
        let dealer = try door.dealer(own)
        while await dealer.lastHandshake != .refused { await Task.yield() }
        #expect(await dealer.handshakes == 0)
        door.allow(own.publicKey)
        for number in 1...2 {
            try await dealer.reconnect()
            while await dealer.handshakes < number { await Task.yield() }
            #expect(await !dealer.isConnecting)
        }
        #expect(await dealer.handshakes == 2)
        await dealer.close()
        await door.router.close()
    }

    @Test func anUnknownKeyIsRefusedAndTold() async throws {
        let door = try Door()
        door.allow(try CurveKeyPair.random().publicKey)
        let dealer = try door.dealer(try CurveKeyPair.random())
        while await dealer.lastHandshake == nil { await Task.yield() }
        #expect(await dealer.lastHandshake == .refused)
        #expect(await door.hears(dealer) == nil)
    }

    @Test func aRevokedKeyDoesNotComeBack() async throws {
        let door = try Door()
        let own = try CurveKeyPair.random()
        door.allow(own.publicKey)
        let dealer = try door.dealer(own)
        _ = await dealer.send([[1]])
        #expect(await door.router.next() != nil)
        door.revoke(own.publicKey)
        try await dealer.reconnect()
        while await dealer.lastHandshake != .refused { await Task.yield() }
        #expect(await door.hears(dealer) == nil)
    }

    @Test func anotherServersKeyIsNotTrusted() async throws {
        let door = try Door()
        let own = try CurveKeyPair.random()
        door.allow(own.publicKey)
        let dealer = try door.dealer(own, server: try CurveKeyPair.random().publicKey)
        #expect(await door.hears(dealer) == nil)
    }

    @Test func nobodyGetsInOnceTheHandlerIsGone() async throws {
        let door = try Door()
        let own = try CurveKeyPair.random()
        door.allow(own.publicKey)
        await door.handler.close()
        #expect(await door.hears(try door.dealer(own)) == nil)
    }

    @Test func anotherDomainIsNotTheHandlersToOpen() async throws {
        let door = try Door(domain: "elsewhere")
        let own = try CurveKeyPair.random()
        door.allow(own.publicKey)
        #expect(await door.hears(try door.dealer(own)) == nil)
    }

    @Test func aPlaintextClientIsRefused() async throws {
        let door = try Door()
        let dealer = try DealerEndpoint(connecting: door.router.boundEndpoint, timings: Self.quick)
        #expect(await door.hears(dealer) == nil)
    }

    @Test(arguments: ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://192.0.2.1:7400"])
    func withoutKeysNothingLeavesTheMachine(address: String) throws {
        let endpoint = try Endpoint(address)
        #expect(throws: MessagingError.self) { try RouterEndpoint(binding: endpoint) }
        let error = #expect(throws: MessagingError.self) { try DealerEndpoint(connecting: endpoint) }
        #expect(error?.code == .insecure)
    }
}
