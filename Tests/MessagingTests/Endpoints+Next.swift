import Messaging

extension RouterEndpoint {
    /// The next message; nil when it is closed.
    nonisolated func next() async -> IncomingFrames? {
        await self.incoming.first { _ in true }
    }

    /// Binds to a port whose last holder has just closed: its I/O thread lets go of it a moment later.
    static func rebound(to endpoint: Endpoint) async throws -> RouterEndpoint {
        while true {
            do {
                return try RouterEndpoint(binding: endpoint)
            } catch {
                guard error.code == .addressInUse else { throw error }
                await Task.yield()
            }
        }
    }
}

extension DealerEndpoint {
    /// The next message; nil when it is closed.
    nonisolated func next() async -> IncomingFrames? {
        await self.incoming.first { _ in true }
    }
}
