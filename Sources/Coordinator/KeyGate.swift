import Messaging
import Synchronization

/// Lets only authorised keys connect: the context of the coordinator's socket with its authentication handler.
final class KeyGate: Sendable {
    let context: MessagingContext
    let security: SocketSecurity
    private let handler: ZAPHandler
    private let state: State

    /// The handler is there before anything can bind, and lets nobody in until it is told whom.
    init(_ pair: CurveKeyPair) throws(MessagingError) {
        let context = try MessagingContext()
        let state = State()
        self.handler = try ZAPHandler(domain: Self.domain, in: context) { key in state.admits(key) }
        self.context = context
        self.security = .curveServer(secret: pair.secretKey, domain: Self.domain)
        self.state = state
    }

    /// From now on these keys are let in and no others.
    func admit(only keys: Set<CurveKey>) {
        self.state.guests.withLock { $0.admitted = keys }
    }

    /// Keys that were refused for the first time since the last call.
    func takeRefused() -> [CurveKey] {
        self.state.guests.withLock { guests in
            defer { guests.unreported = [] }
            return guests.unreported
        }
    }

    /// Any name but the empty one, for which libzmq would not ask the handler.
    private static let domain = "godwit"
}

extension KeyGate {
    private final class State: Sendable {
        let guests = Mutex(Guests())

        func admits(_ key: CurveKey) -> Bool {
            self.guests.withLock { guests in
                if guests.admitted.contains(key) { return true }
                // Anybody who reaches the port can make up keys: the memory of them is bounded.
                if guests.refused.count < Self.remembered, guests.refused.insert(key).inserted {
                    guests.unreported.append(key)
                }
                return false
            }
        }

        private static let remembered = 1_000
    }

    private struct Guests {
        var admitted: Set<CurveKey> = []
        var refused: Set<CurveKey> = []
        var unreported: [CurveKey] = []
    }
}
