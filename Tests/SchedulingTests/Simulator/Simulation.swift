@testable import Scheduling

/// A pool in one thread: the machines are real; clock, network, control schema and luck are simulated.
///
/// Everything follows from the scenario's seed, so that a failing one can be replayed.
final class Simulation {
    let scenario: Scenario
    var random: SeededGenerator
    var schema: SimulatedSchema
    var now = 0.0
    var coordinator: SimulatedCoordinator?
    var workers: [Incarnation: SimulatedWorker] = [:]
    var hasEnded = false
    private var queue = PriorityQueue<Scheduled>()
    private var count = 0
    private var reigns = 0
    private(set) var handledEvents = 0
    private(set) var trace: [String] = []
    var isTracing = false

    init(_ scenario: Scenario) {
        self.scenario = scenario
        self.random = SeededGenerator(seed: ~scenario.seed)
        self.schema = SimulatedSchema(scenario, &self.random)
    }

    /// Seconds after the end of faults within which a run has to end; renewals, backoff and silence take a minute each.
    private static let patience = 1200.0

    /// So many coordinators may die young; more would keep a run from ending.
    private static let mortalReigns = 8

    /// Runs to the end of the run.
    ///
    /// - Returns: What did not hold; empty when all is well.
    func run() -> [String] {
        self.schedule(.startCoordinator, in: 0)
        for place in 0..<self.scenario.workers { self.schedule(.startWorker(place), in: self.seconds(0...3)) }
        for target in -1..<self.scenario.workers { self.scheduleMisfortune(of: target) }
        while !self.hasEnded, let next = self.queue.removeFirst() {
            self.now = next.at
            self.schema.now = next.at
            guard self.now < self.scenario.faults.end + Self.patience else {
                return self.schema.violations + [
                    "the run does not end: \(self.coordinator?.description ?? "no coordinator")"
                ]
            }
            self.handledEvents += 1
            self.note("\(next.event)")
            self.handle(next.event)
            if !self.schema.violations.isEmpty { return self.schema.violations }
        }
        return self.schema.violationsAtEnd()
    }

    func note(_ text: @autoclosure () -> String) {
        if self.isTracing { self.trace.append("\(self.now) \(text())") }
    }

    var isFaulty: Bool { self.now < self.scenario.faults.end }

    func chance(_ share: Double) -> Bool {
        self.isFaulty && Double.random(in: 0..<1, using: &self.random) < share
    }

    func seconds(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &self.random)
    }

    func identifier() -> Int {
        self.count += 1
        return self.count
    }

    func schedule(_ event: SimulationEvent, in delay: Double) {
        self.queue.insert(Scheduled(at: self.now + delay, order: self.identifier(), event: event))
    }

    /// Hands a message to the network, which may lose, repeat and delay it.
    func send(_ event: SimulationEvent) {
        guard !self.chance(self.scenario.faults.lost) else { return }
        for _ in 0..<(self.chance(self.scenario.faults.repeated) ? 2 : 1) {
            self.schedule(
                event,
                in: self.chance(self.scenario.faults.late) ? self.seconds(0.1...45) : self.seconds(0.001...0.05)
            )
        }
    }

    private func handle(_ event: SimulationEvent) {
        switch event {
        case .startCoordinator:
            self.startCoordinator()
        case .coordinatorTick(let reign):
            self.reign(reign)?.tick()
        case .prepared(let reign, let entity):
            self.reign(reign)?.prepared(entity)
        case .toCoordinator(let reign, let incarnation, let message):
            self.reign(reign)?.receive(message, from: incarnation)
        case .operatorRetries:
            self.schema.retryFailed()
            self.schedule(.startCoordinator, in: 1)
        case .startWorker(let place):
            let worker = SimulatedWorker(self, place: place)
            self.workers[worker.incarnation] = worker
        case .toWorker(let incarnation, _), .workerTick(let incarnation), .attemptEnds(let incarnation, _, _),
            .renewal(let incarnation, _, _, _):
            guard let worker = self.workers[incarnation] else { return }
            guard worker.stalledUntil <= self.now else {
                // Its threads wake in any order, so a slot may commit before the machine has looked at the clock.
                self.schedule(event, in: worker.stalledUntil - self.now + self.seconds(0...2))
                return
            }
            worker.handle(event)
        case .misfortune(let target):
            guard self.isFaulty else { return }
            self.misfortune(of: target)
            self.scheduleMisfortune(of: target)
        }
    }

    private func startCoordinator() {
        guard self.coordinator == nil else { return }
        let coordinator = SimulatedCoordinator(self)
        self.coordinator = coordinator
        self.reigns += 1
        // Early deaths are worth most: retries, replays and refills begin with a reign, also after the faults' end.
        if self.reigns <= Self.mortalReigns, Bool.random(using: &self.random) {
            coordinator.fuse = Int.random(in: 0...40, using: &self.random)
        }
    }

    private func reign(_ number: Int) -> SimulatedCoordinator? {
        self.coordinator?.number == number ? self.coordinator : nil
    }

    private func scheduleMisfortune(of target: Int) {
        self.schedule(.misfortune(target), in: self.seconds(0...2 * self.scenario.faults.misfortuneInterval))
    }

    private func misfortune(of target: Int) {
        if target < 0 {
            if Bool.random(using: &self.random) {
                self.schema.retryFailed()
            } else {
                // It dies before one of its next writes, so also between two actions of a batch.
                self.coordinator?.fuse = Int.random(in: 0...12, using: &self.random)
            }
            return
        }
        guard let worker = self.workers.values.first(where: { $0.place == target }), worker.stalledUntil <= self.now
        else { return }
        switch Int.random(in: 0..<4, using: &self.random) {
        case 0:
            self.workers[worker.incarnation] = nil
            self.schedule(.startWorker(target), in: self.seconds(0...20))
        case 1:
            worker.machine.drain(deadline: .at(self.now + 10))
        case 2:
            worker.stop()
        default:
            worker.stalledUntil = self.now + self.seconds(0...60)
        }
    }
}

/// Something that happens at a time.
indirect enum SimulationEvent {
    case startCoordinator
    case coordinatorTick(reign: Int)
    case prepared(reign: Int, EntityName)
    case operatorRetries
    case startWorker(Int)
    case workerTick(Incarnation)
    case attemptEnds(Incarnation, slot: Int, LeaseID)
    case renewal(Incarnation, [LeaseID], sent: Double, succeeds: Bool)
    case toCoordinator(reign: Int, Incarnation, ToCoordinator)
    case toWorker(Incarnation, ToWorker)
    /// Of the worker at a place, or of the coordinator (-1).
    case misfortune(Int)

    enum ToCoordinator {
        case hello
        case ping(held: [LeaseID], capacity: Int, isDraining: Bool)
        case done(LeaseID, ShardID)
        case failed(LeaseID, ShardID, FailureClass)
        case bye
    }

    enum ToWorker {
        case welcome(reign: Int)
        case askForHello
        case pong
        case lease(Assignment)
        case acknowledge(LeaseID)
        case revoke(LeaseID)
    }
}

private struct Scheduled: Comparable, Sendable {
    var at: Double
    var order: Int
    var event: SimulationEvent

    static func == (left: Self, right: Self) -> Bool { left.order == right.order }

    static func < (left: Self, right: Self) -> Bool {
        left.at == right.at ? left.order < right.order : left.at < right.at
    }
}
