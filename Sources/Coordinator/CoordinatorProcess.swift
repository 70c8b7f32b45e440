import ControlStore
import FoundationEssentials
package import Logging
import Messaging
import Observability
import Postgres
import Synchronization

/// A coordinator process: takes the leadership or stands by for it, opens the run and leads it to its end.
package final class CoordinatorProcess: Sendable {
    let configuration: CoordinatorConfiguration
    let store: ControlStore
    let logger: Logger
    private let doorbell = Mutex(Doorbell())

    package init(_ configuration: CoordinatorConfiguration, logger: Logger) {
        self.configuration = configuration
        self.store = ControlStore(parameters: configuration.target, applicationName: "godwit coordinator")
        self.logger = logger
    }

    /// Asks the process to stop granting and leave; the workers go on with what they have.
    package func terminate() {
        self.doorbell.withLock { doorbell in
            doorbell.hasRung = true
            doorbell.mailbox?.yield(.terminated)
        }
    }

    /// Whether the process has been asked to leave.
    var isTerminated: Bool { self.doorbell.withLock { $0.hasRung } }

    /// Leads a run to its end, or waits until it may.
    ///
    /// - Throws: `CoordinatorError`.
    package func lead() async throws -> RunSummary {
        do {
            return try await self.standOrLead()
        } catch let error as ControlStoreError {
            if error.code == .termLost { throw CoordinatorError(.notLeading, "\(error)") }
            guard error.isMissingRight else { throw CoordinatorError(.database, "\(error)") }
            throw CoordinatorError(.notPermitted, await self.missingRight(error))
        } catch let error as PostgresError {
            throw CoordinatorError(.database, "\(error)")
        } catch let error as MessagingError {
            throw CoordinatorError(.messaging, error.message)
        }
    }

    /// What the role lacks: the schema as a whole, rather than the first table of it that the server named.
    private func missingRight(_ error: ControlStoreError) async -> String {
        // A question only for the words' sake.
        guard let obstacle = (try? await self.store.standing())?.obstacle else { return "\(error)" }
        return "\(obstacle.text); \(obstacle.advice)"
    }

    /// A new mailbox of a reign, where the process is told to leave.
    func openMailbox() -> (events: AsyncStream<CoordinatorEvent>, mailbox: AsyncStream<CoordinatorEvent>.Continuation) {
        let (events, mailbox) = AsyncStream<CoordinatorEvent>.makeStream()
        self.doorbell.withLock { doorbell in
            doorbell.mailbox = mailbox
            if doorbell.hasRung { mailbox.yield(.terminated) }
        }
        return (events, mailbox)
    }

    private func standOrLead() async throws -> RunSummary {
        try self.refuseExposure()
        let opening = RunOpening(configuration: self.configuration, store: self.store, logger: self.logger)
        var draft = try await opening.prepare()
        try await self.store.install()
        var earlier: Succession?
        while let succession = try await self.takeLeadership(after: earlier) {
            earlier = succession
            do {
                switch try await self.reign(after: succession, opening, draft) {
                case .left(let summary):
                    return summary
                case .deposed(let reason):
                    guard self.configuration.isStandby else { throw CoordinatorError(.notLeading, reason) }
                    self.logger.warning("stepping down", metadata: .of([.reason: reason]))
                }
            } catch  where self.configuration.isStandby && Self.mayPass(error) {
                self.logger.warning("can't lead yet; standing by", metadata: .of([.error: "\(error)"]))
            }
            // With the session goes the lock: somebody else may have it.
            await self.store.close()
            try await Task.sleep(for: Self.pause)
            draft = try await opening.reconsider(draft)
        }
        return RunSummary(.done, "left while standing by")
    }

    /// Before a standby that could not lead tries again; longer than another standby takes to notice.
    private static let pause = Duration.seconds(5)

    /// Whether an error says something about the surroundings only.
    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as ControlStoreError: error.isOutage
        case let error as PostgresError: error.isTransient
        default: false
        }
    }

    /// Tells the reign that is under way, or the wait for it, that the process is to leave.
    private struct Doorbell {
        var hasRung = false
        var mailbox: AsyncStream<CoordinatorEvent>.Continuation?
    }
}
