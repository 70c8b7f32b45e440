@testable import Scheduling

/// A pool in one thread: the machines are real; clocks, network, databases and luck are simulated.
///
/// Everything follows from the scenario's seed, so that a failing one can be replayed.
final class Simulation {
    let scenario: Scenario
    var random: SeededGenerator
    var schema: SimulatedSchema
    var source = SimulatedSource()
    /// True time; nobody but the world sees it.
    private(set) var now = 0.0
    var targetClock = SimulatedClock()
    /// Processes that are alive, by number; all but one at most have lost the leadership or are about to.
    private(set) var coordinators: [Int: SimulatedCoordinator] = [:]
    private(set) var workers: [Incarnation: SimulatedWorker] = [:]
    private(set) var atPlace: [Incarnation?]
    /// The coordinator that workers find when they look.
    private(set) var announced = 0
    var isWindowOpen = true
    var hasEnded = false
    /// Seconds for which leases of the dead may live on, because the target's clock was set back.
    var setBack = 0.0
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
        self.atPlace = Array(repeating: nil, count: scenario.workers)
    }

    /// Seconds after the end of faults within which a run has to end; renewals, backoff and silence take a minute each.
    private static let patience = 1200.0
    /// For so many seconds nothing may happen to a run that was given up.
    private static let aftermath = 150.0
    /// So many coordinators may die young; more would keep a run from ending.
    private static let mortalReigns = 8

    /// Runs to the end of the run.
    ///
    /// - Returns: What did not hold; empty when all is well.
    func run() -> [String] {
        self.schedule(.startCoordinator, in: 0)
        if self.scenario.hasStandby { self.schedule(.standbyLooks, in: 5) }
        if let end = self.scenario.faults.cancelledAt { self.schedule(.operatorActs(.cancel), in: end) }
        for place in self.atPlace.indices {
            self.schedule(.startWorker(place), in: self.seconds(0...3))
            self.scheduleMisfortune(of: .worker(place))
        }
        self.scheduleMisfortune(of: .coordinator)
        self.scheduleMisfortune(of: .surroundings)
        self.pass(while: { true })
        if !self.schema.violations.isEmpty || self.schema.status == .cancelled { return self.schema.violations }
        guard self.hasEnded else { return ["the run does not end: \(self.schema.stages) \(self.openShards)"] }
        return self.schema.violationsAtEnd()
    }

    /// Lets time pass, also from within a process that stands still.
    func pass(_ seconds: Double) {
        let end = self.now + seconds
        self.pass(while: { true }, until: end)
        if !self.isOver { self.now = max(self.now, end) }
    }

    func pass(while isToGoOn: () -> Bool, until end: Double = .infinity) {
        while !self.isOver, isToGoOn(), let next = self.queue.first, next.at < end {
            _ = self.queue.removeFirst()
            // Not before `now`: a process that stood still may have gone on too late.
            self.now = max(self.now, next.at)
            self.schema.now = self.targetClock.seconds(at: self.now)
            self.handledEvents += 1
            self.note("\(next.event)")
            self.handle(next.event)
        }
    }

    private var isOver: Bool {
        if self.hasEnded || !self.schema.violations.isEmpty { return true }
        if self.schema.status == .cancelled, let cancelled = self.scenario.faults.cancelledAt {
            return self.now > cancelled + Self.aftermath
        }
        return self.now > self.scenario.faults.end + Self.patience + self.setBack
    }

    private var openShards: [ShardEntry] {
        self.schema.shards.map(\.entry).filter { $0.state.isOpen || $0.state == .failed }
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

    /// The clock of a new process.
    func clock() -> SimulatedClock {
        var clock = SimulatedClock(rate: 1 + self.seconds(-1...1) * self.scenario.faults.drift)
        clock.jump(by: self.now - clock.seconds(at: self.now), at: self.now)
        return clock
    }

    func schedule(_ event: SimulationEvent, in delay: Double) {
        self.queue.insert(Scheduled(at: self.now + delay, order: self.identifier(), event: event))
    }

    /// Hands a message to the network, which may lose, repeat and delay it.
    func send(_ event: SimulationEvent) {
        let faults = self.scenario.faults
        guard !self.chance(faults.lost) else { return }
        for _ in 0..<(self.chance(faults.repeated) ? 2 : 1) {
            let isLate = self.chance(faults.late)
            self.schedule(event, in: isLate ? self.seconds(0.1...faults.delay) : self.seconds(0.001...0.05))
        }
    }

    /// Whether somebody who asks can have the snapshot from a holder.
    func isExported(_ hold: SimulatedSource.Hold, by holder: SimulationEvent.Holder) -> Bool {
        let held =
            switch holder {
            case .coordinator(let number): self.coordinators[number]?.hold
            case .worker(let incarnation): self.workers[incarnation]?.hold
            }
        return held == hold && self.source.isAlive(hold)
    }

    func remove(_ worker: SimulatedWorker) {
        self.workers[worker.incarnation] = nil
        self.atPlace[worker.place] = nil
    }

    /// A coordinator's process is gone, and its lock with it.
    func remove(_ coordinator: SimulatedCoordinator, restartsIn delay: Double?) {
        self.coordinators[coordinator.number] = nil
        if self.schema.lockHolder == coordinator.number { self.schema.lockHolder = nil }
        if let delay { self.schedule(.startCoordinator, in: delay) }
    }

    func startWorker(at place: Int) {
        guard self.atPlace[place] == nil else { return }
        let worker = SimulatedWorker(self, place: place)
        self.workers[worker.incarnation] = worker
        self.atPlace[place] = worker.incarnation
    }

    func startCoordinator() {
        guard self.schema.status != .cancelled else { return }
        let number = self.identifier()
        guard let term = self.schema.tryLead(number) else { return }
        let coordinator = SimulatedCoordinator(self, number: number, term: term)
        self.coordinators[number] = coordinator
        self.announced = number
        self.reigns += 1
        // Early deaths are worth most: retries, replays and refills begin with a reign, also after the faults' end.
        if self.reigns <= Self.mortalReigns, Bool.random(using: &self.random) {
            coordinator.fuse = (Int.random(in: 0...80, using: &self.random), .death)
        }
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
