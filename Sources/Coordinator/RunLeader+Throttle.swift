import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

/// What the pool may read: the signals come in, shares go out with every PONG.
extension RunLeader {
    /// A closed throttle becomes an event after so long; shorter ones are in the log and the display.
    private static let notableClosure = Duration.seconds(10)

    /// The limits of the run: those an operator has set, or the plan's.
    static func limits(of run: RunRecord, plan: ResolvedPlan) -> ThrottleLimits {
        run.throttle ?? ThrottleLimits(plan.policy.throttle)
    }

    /// Looks at the databases, beside the event loop: a busy server may take long to answer.
    func watchLoad(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        self.followLimits(&group)
        if self.throttle.limits.watchesSource, !self.isLookingAtSource {
            self.isLookingAtSource = true
            group.addTask { [probe = self.sourceProbe, mailbox] in
                do throws(PostgresError) {
                    mailbox.yield(.sourceSeen(.success(try await probe.lookAtSource())))
                } catch {
                    mailbox.yield(.sourceSeen(.failure(error)))
                }
            }
        }
        if self.throttle.limits.watchesTarget, !self.isLookingAtTarget {
            self.isLookingAtTarget = true
            group.addTask { [probe = self.targetProbe, mailbox] in
                do throws(PostgresError) {
                    mailbox.yield(.targetSeen(.success(try await probe.lookAtTarget())))
                } catch {
                    mailbox.yield(.targetSeen(.failure(error)))
                }
            }
        }
        try await self.sayStanding()
    }

    /// Goes by the limits that hold now, and reckons the sessions that they take among the run's connections.
    private func followLimits(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let watched = (source: self.throttle.limits.watchesSource, target: self.throttle.limits.watchesTarget)
        self.throttle.follow(Self.limits(of: self.run, plan: self.plan), areReadable: !self.run.isThrottleUnreadable)
        let limits = self.throttle.limits
        // Beside the event loop as well: a look that is under way ends first.
        if watched.source, !limits.watchesSource {
            group.addTask { [probe = self.sourceProbe] in await probe.close() }
        }
        if watched.target, !limits.watchesTarget {
            group.addTask { [probe = self.targetProbe] in await probe.close() }
        }
        self.machine.count(sourceProbes: limits.watchesSource ? 1 : 0, targetProbes: limits.watchesTarget ? 1 : 0)
    }

    func seen(source result: Result<SourceSignals, PostgresError>) {
        self.isLookingAtSource = false
        switch result {
        case .success(let signals): self.throttle.saw(signals, now: .now)
        case .failure(let error): self.throttle.failedToLook(at: .source, error.message)
        }
    }

    func seen(target result: Result<TargetSignals, PostgresError>) {
        self.isLookingAtTarget = false
        switch result {
        case .success(let signals):
            self.throttle.saw(signals, bytesRead: self.figures.total(\.bytesRead), now: .now)
        case .failure(let error):
            self.throttle.failedToLook(at: .target, error.message)
        }
    }

    /// What a worker may read from now on.
    func pace(for worker: Incarnation) -> Pace? {
        guard self.throttle.isBounding else { return nil }
        return self.throttle.pace(
            for: worker,
            weight: self.machine.weight(of: worker),
            of: self.machine.totalWeight,
            now: .now
        )
    }

    /// Logs where the throttle closes and opens, and records what lasts.
    private func sayStanding() async throws {
        guard case .closed(let reason) = self.throttle.standing(now: .now) else {
            if let closure = self.closure {
                let time = Int((.now - closure.since) / .milliseconds(1))
                self.logger.notice("reading again", metadata: .of([.durationMilliseconds: time]))
            }
            self.closure = nil
            return
        }
        guard let closure = self.closure else {
            self.closure = Closure(since: .now)
            self.logger.notice("throttled: nothing is read", metadata: .of([.reason: reason]))
            return
        }
        guard !closure.isNoted, .now - closure.since >= Self.notableClosure else { return }
        self.closure?.isNoted = true
        try await self.note(.warning, .throttled, "nothing is read: \(reason)")
    }

    /// A time in which nothing is read.
    struct Closure {
        var since: ContinuousClock.Instant
        /// It has been recorded.
        var isNoted = false
    }
}
