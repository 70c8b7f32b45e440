import ControlProtocol
import FrameFuzz
import Messaging
import Scheduling

/// A peer that sends hostile messages, and after every few hundred asks whether anybody is still there.
actor HostileSender {
    private let dealer: DealerEndpoint
    private let answers: AsyncStream<IncomingFrames>
    private let probe: [[UInt8]]
    /// What an answer to the probe has in its header, and no other message.
    private let mark: [UInt8]
    private var hostile: HostileFrames

    init(_ endpoint: Endpoint, seed: UInt64) throws {
        self.dealer = try DealerEndpoint(connecting: endpoint)
        self.answers = self.dealer.incoming
        let prober = Incarnation.random()
        self.mark = Array(prober.description.utf8)
        self.probe = try FrameCodec.encode(
            Envelope(
                header: ValidMessages.header("probe", prober),
                message: WorkerMessage.ping(Ping(capacity: 0, state: .running, held: [], counters: WorkerCounters()))
            )
        )
        self.hostile = HostileFrames(mutating: try ValidMessages.all(), seed: seed)
    }

    /// Between two probes; all senders' together must fit the coordinator's queue, or it drops the oldest unread.
    private static let window = 500

    /// Sends so many messages; returns when the coordinator has dealt with all of them.
    func send(_ count: Int) async throws {
        var left = count
        while left > 0 {
            for _ in 0..<min(left, Self.window) { try await self.deliver(self.hostile.next()) }
            left -= Self.window
            try await self.deliver(self.probe)
            try await self.awaitAnswer()
        }
    }

    func close() async {
        await self.dealer.close()
    }

    private func deliver(_ frames: [[UInt8]]) async throws {
        // A message without frames is none.
        guard !frames.isEmpty else { return }
        while await self.dealer.send(frames) != .sent { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func awaitAnswer() async throws {
        let watchdog = Task { [dealer] in
            try await Task.sleep(for: Self.patience)
            await dealer.close()
        }
        defer { watchdog.cancel() }
        for await message in self.answers where message.frames.count == 3 {
            if Self.contains(message.frames[1], self.mark) { return }
        }
        throw Silence()
    }

    private static let patience = Duration.seconds(60)

    private static func contains(_ bytes: [UInt8], _ mark: [UInt8]) -> Bool {
        bytes.count >= mark.count
            && (0...(bytes.count - mark.count)).contains { bytes[$0..<$0 + mark.count].elementsEqual(mark) }
    }

    struct Silence: Error, CustomStringConvertible {
        let description = "the coordinator has not answered for a minute"
    }
}
