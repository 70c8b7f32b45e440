import Logging
import Messaging
import Observability

extension WorkerProcess {
    /// Why nobody answers, as far as the handshakes tell; nil where they tell nothing.
    func handshakeTrouble() async -> WorkerError? {
        guard let keys = self.configuration.keys else {
            guard self.isKeyMissing else { return nil }
            return WorkerError(
                .notAuthorised,
                """
                the coordinator lets in workers with authorised keys only, and this one has none: give --key and \
                --coordinator-key (godwit keys --help)
                """
            )
        }
        guard let outcome = await self.dealer?.lastHandshake else { return nil }
        switch outcome {
        case .succeeded, .disconnected:
            return nil
        case .refused:
            return WorkerError(
                .notAuthorised,
                """
                the coordinator refuses the key of \(keys.name): it was never authorised, or has been revoked. Where it \
                is to take part: godwit keys authorize \(keys.name) '\(keys.own.publicKey.text)'
                """
            )
        case .failed:
            return WorkerError(
                .noCoordinator,
                """
                what listens at \(self.connectedTo.map { "\($0)" } ?? "the coordinator's address") does not prove the \
                coordinator's key: compare the file of --coordinator-key with coordinator.pub at the coordinator, and see \
                that the coordinator was started with --keys
                """
            )
        }
    }

    /// Says HELLO as soon as the coordinator has let this worker in: what is said before arrives late.
    ///
    /// Handshakes are counted, because the next one may begin and end between two looks.
    func helloOnceConnected() async {
        let handshakes = await self.dealer?.handshakes ?? 0
        if handshakes > self.greetedHandshakes { await self.hello() }
        self.greetedHandshakes = handshakes
    }

    /// Says once in a while why nobody answers.
    func explainSilence() async {
        guard .now - self.lastContact > Self.silenceBeforeWord, .now >= self.nextWord else { return }
        guard let trouble = await self.handshakeTrouble() else { return }
        self.nextWord = .now + Self.wordInterval
        self.logger.warning("no coordinator lets this worker in", metadata: .of([.reason: trouble.message]))
    }

    /// A coordinator that restarts is silent for about this long.
    private static let silenceBeforeWord = Duration.seconds(5)
    private static let wordInterval = Duration.seconds(30)
}
