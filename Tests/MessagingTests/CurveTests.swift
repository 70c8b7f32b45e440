import Messaging
import Testing

@Suite(.timeLimit(.minutes(1))) struct CurveTests {
    /// The pair of the ZeroMQ manual, so no secret.
    static let publicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    static let secretKey = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

    @Test(.enabled(if: MessagingContext.hasCurve)) func keysAreTaken() async throws {
        let publicKey = try CurveKey(Self.publicKey)
        let secretKey = try CurveKey(Self.secretKey)
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            security: .curveServer(secret: secretKey, domain: "godwit")
        )
        let dealer = try DealerEndpoint(
            connecting: router.boundEndpoint,
            security: .curveClient(server: publicKey, public: publicKey, secret: secretKey)
        )
        await dealer.close()
        await router.close()
    }

    @Test(.enabled(if: MessagingContext.hasCurve)) func nobodyIsLetInWhileNoHandlerDecides() async throws {
        let secretKey = try CurveKey(Self.secretKey)
        let publicKey = try CurveKey(Self.publicKey)
        let router = try RouterEndpoint(
            binding: Endpoint("tcp://127.0.0.1:*"),
            security: .curveServer(secret: secretKey, domain: "godwit")
        )
        let dealer = try DealerEndpoint(
            connecting: router.boundEndpoint,
            security: .curveClient(server: publicKey, public: publicKey, secret: secretKey),
            timings: SocketTimings(reconnectInterval: .milliseconds(10), linger: .milliseconds(500))
        )
        _ = await dealer.send([[1]])
        // Closing delivers what it can, so whatever gets in has got in afterwards.
        await dealer.close()
        await router.close()
        #expect(await router.next() == nil)
    }

    @Test func anEmptyDomainIsRefusedBecauseItWouldLetEverybodyIn() throws {
        let security = SocketSecurity.curveServer(secret: try CurveKey(Self.secretKey), domain: "")
        #expect(throws: MessagingError.self) {
            try RouterEndpoint(binding: Endpoint("tcp://127.0.0.1:*"), security: security)
        }
    }

    @Test(arguments: [
        "", "short", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf77",
    ])
    func whatIsNoKeyIsRefused(text: String) {
        let error = #expect(throws: MessagingError.self) { try CurveKey(text) }
        #expect(error?.code == .invalidKey)
    }

    @Test func keysAreNeverPrinted() throws {
        let key = try CurveKey(Self.secretKey)
        #expect("\(key)" == "<key>")
        #expect("\(SocketSecurity.curveServer(secret: key, domain: "d"))".contains(Self.secretKey) == false)
        #expect(String(reflecting: key).contains(Self.secretKey) == false)
    }
}
