@testable import Scheduling

extension Simulation {
    func handle(_ event: SimulationEvent) {
        switch event {
        case .startCoordinator:
            self.startCoordinator()
        case .standbyLooks:
            self.startCoordinator()
            self.schedule(.standbyLooks, in: 5)
        case .coordinatorTick(let number), .prepared(let number, _), .toCoordinator(let number, _, _):
            guard let coordinator = self.coordinators[number] else { return }
            guard !coordinator.isBusy else {
                self.schedule(event, in: self.seconds(0...1))
                return
            }
            coordinator.handle(event)
        case .startWorker(let place):
            self.startWorker(at: place)
        case .toWorker(let incarnation, _), .workerTick(let incarnation), .attempt(let incarnation, _, _, _),
            .renewal(let incarnation, _, _, _), .snapshotImport(let incarnation, _, _):
            guard let worker = self.workers[incarnation] else { return }
            guard worker.stalledUntil <= self.now else {
                // Its threads wake in any order, so a slot may commit before the machine has looked at the clock.
                self.schedule(event, in: worker.stalledUntil - self.now + self.seconds(0...2))
                return
            }
            worker.handle(event)
        case .operatorActs(let operation):
            self.perform(operation)
        case .misfortune(let target):
            guard self.isFaulty else { return }
            switch target {
            case .worker(let place): self.disturbWorker(at: place)
            case .coordinator: self.disturbCoordinator()
            case .surroundings: self.disturbSurroundings()
            }
            self.scheduleMisfortune(of: target)
        }
    }

    func scheduleMisfortune(of target: SimulationEvent.Target) {
        self.schedule(.misfortune(target), in: self.seconds(0...2 * self.scenario.faults.misfortuneInterval))
    }

    private func perform(_ operation: SimulationEvent.Operation) {
        switch operation {
        case .retry:
            self.schema.retryFailed()
        case .retryAndStart:
            self.schema.retryFailed()
            self.schedule(.startCoordinator, in: 1)
        case .pause:
            self.schema.pause()
            self.schedule(.operatorActs(.resume), in: self.seconds(0...60))
        case .resume:
            self.schema.resume()
        case .openWindow:
            self.isWindowOpen = true
        case .cancel:
            self.schema.cancel()
        }
    }

    private func disturbWorker(at place: Int) {
        guard let incarnation = self.atPlace[place], let worker = self.workers[incarnation],
            worker.stalledUntil <= self.now
        else { return }
        switch Int.random(in: 0..<9, using: &self.random) {
        case 0:
            worker.die()
            self.schedule(.startWorker(place), in: self.seconds(0...20))
        case 1:
            worker.machine.drain(deadline: worker.now + .seconds(10))
        case 2:
            worker.stop()
        case 3:
            // Its session on the source is gone, and nobody has told it.
            worker.hold = nil
        case 4 where self.scenario.faults.clocksJump:
            worker.clock.jump(by: self.seconds(0...3600), at: self.now)
        default:
            worker.stalledUntil = self.now + self.seconds(Bool.random(using: &self.random) ? 0...5 : 30...90)
        }
    }

    private func disturbCoordinator() {
        guard let number = self.schema.lockHolder, let coordinator = self.coordinators[number] else { return }
        let effects = Int.random(in: 0...24, using: &self.random)
        switch Int.random(in: 0..<7, using: &self.random) {
        case 0, 1:
            coordinator.fuse = (effects, .death)
        case 2:
            coordinator.fuse = (effects, .stall(self.seconds(0...90)))
        case 3:
            // The server gives its session up while it stands still: the next one reigns when it wakes.
            coordinator.fuse = (effects, .stall(self.seconds(0...90)))
            self.schema.lockHolder = nil
            self.schedule(.startCoordinator, in: self.seconds(0...10))
        case 4:
            coordinator.loseSnapshot()
        case 5 where self.scenario.faults.clocksJump:
            coordinator.clock.jump(by: self.seconds(0...3600), at: self.now)
        default:
            if let worker = self.atPlace.randomElement(using: &self.random) ?? nil {
                self.send(.toWorker(worker, .drain(seconds: 10)))
            }
        }
    }

    private func disturbSurroundings() {
        switch Int.random(in: 0..<7, using: &self.random) {
        case 0:
            self.perform(.pause)
        case 1:
            self.isWindowOpen = false
            self.schedule(.operatorActs(.openWindow), in: self.seconds(0...60))
        case 2 where self.scenario.faults.clocksJump:
            let jump = self.seconds(-3600...3600)
            self.targetClock.jump(by: jump, at: self.now)
            self.setBack += max(0, -jump)
        case 3:
            // The target restarts: every open transaction is rolled back, every session lost.
            for lease in self.schema.transactions.keys { self.schema.rollBack(lease) }
            if let number = self.schema.lockHolder, let leader = self.coordinators[number] {
                self.remove(leader, restartsIn: self.seconds(0...20))
            }
            self.schema.lockHolder = nil
        case 4:
            self.source.restart()
        default:
            self.perform(.retry)
        }
    }
}
