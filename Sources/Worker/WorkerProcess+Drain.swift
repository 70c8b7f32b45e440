import ControlStore
import Logging
import Observability
import Scheduling

/// How a worker learns that it is to leave, and how it leaves, with or without a coordinator.
extension WorkerProcess {
    /// Silence of the coordinator after which the worker looks at its own row: one ping and a half, so that a drain
    /// without a coordinator is known within five seconds and the pings' answers save the query otherwise.
    private static let loneliness = Duration.seconds(3)

    /// Between two such looks; a query on a primary key.
    private static let drainLookInterval = Duration.seconds(2)

    /// The control schema has this long to take note of the end; the leases expire by themselves if it does not.
    private static let farewell = Duration.seconds(2)

    /// Takes nothing more; what runs has until the deadline.
    func drainAsked(within deadline: Duration) {
        switch self.machine.mode {
        case .greeting, .serving:
            self.logger.notice(
                "asked to leave",
                metadata: .of([.durationMilliseconds: Int(deadline / .milliseconds(1))])
            )
        case .draining, .stopping, .left:
            break
        }
        self.machine.drain(deadline: .now + deadline)
    }

    /// Asks the control schema, while no coordinator answers, whether an operator wants this worker to leave.
    func lookForDrain(in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let now = ContinuousClock.now
        guard self.run != nil, now >= self.nextDrainLook, now - self.lastContact >= Self.loneliness else { return }
        self.nextDrainLook = now + Self.drainLookInterval
        group.addTask { [store, mailbox, logger, incarnation] in
            do throws(ControlStoreError) {
                if let request = try await store.drainRequest(of: incarnation) { mailbox.yield(.drainAsked(request)) }
            } catch {
                logger.debug("the control schema can't be asked", metadata: .of([.error: "\(error)"]))
            }
        }
    }

    /// Gives back what nobody has taken note of, so that it is granted again at once and not when its leases expire.
    func leaveTheControlSchema() async {
        guard self.run != nil else { return }
        let (ends, end) = AsyncStream<Void>.makeStream()
        // No child tasks: a statement that waits for a dead server must not hold up the end of the process.
        let leaving = Task { [store, logger, incarnation, leases = self.machine.heldLeases] in
            do throws(ControlStoreError) {
                try await store.leave(incarnation, giving: leases)
            } catch {
                logger.warning("leaving could not be noted", metadata: .of([.error: "\(error)"]))
            }
            end.finish()
        }
        let limit = Task {
            // Cancelled when the farewell is said, which needs no limit any more.
            if (try? await Task.sleep(for: Self.farewell)) != nil { end.finish() }
        }
        for await _ in ends {}
        limit.cancel()
        leaving.cancel()
    }
}
