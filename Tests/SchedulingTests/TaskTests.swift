import Testing

@testable import Scheduling

@Suite struct TaskTests {
    private static let everything = Set(TaskRound.allCases)

    /// One entity with one copy that is done, and everything of its table still off.
    private func loaded(_ dueRounds: Set<TaskRound> = Self.everything, slots: Int = 4) -> RunMachine {
        var run = RunMachine(EntityNode("a"))
        run.add(1...1, of: "a")
        run.join(1, slots: slots)
        _ = run.advancePreparing(dueRounds)
        _ = run.grantedShards()
        run.becomes(.done, 1)
        return run
    }

    @Test func `what was dropped comes back round by round, and dependents start between indexes and foreign keys`() {
        var run = RunMachine(EntityNode("a"), EntityNode("b", after: ["a"]))
        run.add(1...1, of: "a")
        run.add(2...2, of: "b")
        run.join(1, slots: 4)
        #expect(run.advancePreparing(Self.everything) == [.prepare("a")])
        #expect(run.grantedShards() == [1])
        run.becomes(.done, 1)
        #expect(run.advance() == [.index("a"), .planTasks("a", .indexes)])
        run.add(3...4, of: "a", .index)
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [3, 4])
        run.becomes(.done, 3)
        #expect(run.advance() == [])
        run.becomes(.done, 4)
        #expect(run.advance() == [.planTasks("a", .keys)])
        run.add(5...6, of: "a", .constraint)
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [5])
        run.becomes(.done, 5)
        #expect(run.grantedShards() == [6])
        run.becomes(.done, 6)
        #expect(run.advance() == [.settle("a"), .constrain("a"), .planTasks("a", .foreignKeys)])
        run.add(7...7, of: "a", .constraint)
        #expect(run.advancePreparing([]) == [.prepare("b")])
        #expect(run.grantedShards() == [7, 2])
        run.becomes(.done, 7)
        #expect(run.advance() == [.planTasks("a", .validations)])
        run.add(8...8, of: "a", .validate)
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [8])
        run.becomes(.done, 2)
        #expect(run.advance() == [.settle("b"), .complete("b")])
        run.becomes(.done, 8)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `an entity of which nothing was dropped takes no step more`() {
        var run = self.loaded([])
        #expect(run.advance() == [.settle("a"), .complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a round that turns out to be empty holds nothing up`() {
        var run = self.loaded()
        #expect(run.advance() == [.index("a"), .planTasks("a", .indexes)])
        #expect(run.advance() == [.planTasks("a", .keys)])
        #expect(run.advance() == [.settle("a"), .constrain("a"), .planTasks("a", .foreignKeys)])
        #expect(run.advance() == [.planTasks("a", .validations)])
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `foreign keys wait for fills, the entity's own and those of its parents`() {
        var run = RunMachine(
            EntityNode("a", fills: ["b"], due: [.foreignKeys]),
            EntityNode("b", after: ["a"], fills: ["b"], due: [.foreignKeys])
        )
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "a", .fill)
        run.add(3...3, of: "b")
        run.add(4...4, of: "b", .fill)
        run.join(1, slots: 9)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.advancePreparing() == [.settle("a"), .prepare("b")])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.settle("b"), .fill("b"), .fill("a")])
        #expect(run.grantedShards() == [2, 4])
        run.becomes(.done, 2)
        #expect(run.advance() == [])
        run.becomes(.done, 4)
        #expect(run.advance() == [.constrain("a"), .planTasks("a", .foreignKeys)])
        run.add(5...5, of: "a", .constraint)
        #expect(run.advance() == [.constrain("b"), .planTasks("b", .foreignKeys)])
        run.add(6...6, of: "b", .constraint)
        #expect(run.advance() == [])
        // One in the whole pool.
        #expect(run.grantedShards() == [5])
        #expect(run.grantedShards() == [])
        run.becomes(.done, 5)
        #expect(run.grantedShards() == [6])
    }

    @Test func `constraints are validated one per table at a time`() {
        var run = RunMachine(
            EntityNode("a", due: [.validations], .settled),
            EntityNode("b", due: [.validations], .settled)
        )
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "b", state: .done)
        run.join(1, slots: 9)
        #expect(run.advance() == [.constrain("a"), .planTasks("a", .validations)])
        run.add(3...4, of: "a", .validate)
        #expect(run.advance() == [.constrain("b"), .planTasks("b", .validations)])
        run.add(5...6, of: "b", .validate)
        #expect(run.grantedShards() == [3, 5])
        #expect(run.grantedShards() == [])
        run.becomes(.done, 5)
        #expect(run.grantedShards() == [6])
        run.becomes(.done, 3)
        #expect(run.grantedShards() == [4])
    }

    @Test func `indexes of one table go to different workers first`() {
        var run = self.loaded([.indexes], slots: 9)
        run.join(2, slots: 2)
        run.join(3, slots: 1)
        _ = run.advance()
        run.add(2...6, of: "a", .index)
        #expect(run.grants(now: .at(0)).map(\.worker) == [1, 2, 3, 1, 2])
        run.lease(2, 1)
        run.lease(3, 1)
        // What is at work already counts as well.
        #expect(run.grants(now: .at(0)).map(\.worker) == [2, 3, 2])
    }

    @Test func `a task that fails keeps nobody from going on, and its retry brings what follows it`() {
        var run = self.loaded([.indexes, .keys])
        #expect(run.advance() == [.index("a"), .planTasks("a", .indexes)])
        run.add(2...3, of: "a", .index)
        #expect(run.grantedShards() == [2, 3])
        run.becomes(.done, 2)
        run.becomes(.failed, 3)
        #expect(run.advance() == [.planTasks("a", .keys)])
        run.add(4...4, of: "a", .constraint)
        #expect(run.grantedShards() == [4])
        run.becomes(.done, 4)
        #expect(run.advance() == [.settle("a"), .complete("a"), .endRun(failedShards: 1)])
        run.becomes(.pending(notBefore: nil), 3)
        #expect(run.advance() == [.constrain("a")])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.planTasks("a", .keys)])
        run.add(5...5, of: "a", .constraint)
        #expect(run.grantedShards() == [5])
        run.becomes(.done, 5)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a new reign goes on with a round where it was`() {
        var run = RunMachine(EntityNode("a", due: [.indexes, .keys, .foreignKeys], .indexing))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "a", .index, state: .done)
        run.add(3...3, of: "a", .index)
        run.join(1, slots: 4)
        // No preparation: nothing that was switched off is on again.
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        // It can't know that none of them is missing, so it has the schema look.
        #expect(run.advance() == [.planTasks("a", .indexes)])
        #expect(run.advance() == [.planTasks("a", .keys)])
        #expect(run.advance() == [.settle("a"), .constrain("a"), .planTasks("a", .foreignKeys)])
    }

    @Test(arguments: [EntityNode.Stage.settled, .complete])
    func `a new reign brings back what a retried task has left when nobody led`(_ stage: EntityNode.Stage) {
        var run = RunMachine(EntityNode("a", due: [.keys], stage))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "a", .index, state: .done)
        run.join(1, slots: 4)
        #expect(run.advance() == [.constrain("a"), .planTasks("a", .keys)])
        run.add(3...3, of: "a", .constraint)
        #expect(run.advance() == [])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `replays for a parent that healed wait until the indexes are there, and are written with them`() {
        var run = RunMachine(EntityNode("a", .complete), EntityNode("b", after: ["a"], due: [.indexes], .indexing))
        run.add(1...1, of: "a", state: .failed)
        run.add(2...2, of: "b", state: .done)
        run.join(1, slots: 4)
        #expect(run.advance() == [.planTasks("b", .indexes)])
        run.add(3...3, of: "b", .index)
        #expect(run.grantedShards() == [3])
        run.becomes(.pending(notBefore: nil), 1)
        #expect(run.advancePreparing() == [.prepare("a")])
        #expect(run.grantedShards() == [1])
        run.becomes(.done, 1)
        #expect(run.advance() == [.planReplays("b"), .settle("a")])
        run.add(4...4, of: "b", .replay)
        #expect(run.advance() == [.complete("a")])
        #expect(run.grantedShards() == [])
        run.becomes(.done, 3)
        #expect(run.advancePreparing([]) == [.prepare("b")])
        #expect(run.grantedShards() == [4])
        run.becomes(.done, 4)
        #expect(run.advance() == [.settle("b"), .complete("b"), .endRun(failedShards: 0)])
    }

    @Test func `a retried copy drops nothing again and finds the tasks where they were`() {
        var run = self.loaded([.foreignKeys])
        run.add(9...9, of: "a", state: .failed)
        #expect(run.advance() == [.settle("a"), .constrain("a"), .planTasks("a", .foreignKeys)])
        run.add(2...2, of: "a", .constraint)
        run.becomes(.pending(notBefore: nil), 9)
        #expect(run.advancePreparing([]) == [.prepare("a")])
        #expect(run.grantedShards() == [9])
        run.becomes(.done, 9)
        #expect(run.advance() == [.settle("a"), .constrain("a")])
        #expect(run.grantedShards() == [2])
        run.becomes(.done, 2)
        #expect(run.advance() == [.complete("a"), .endRun(failedShards: 0)])
    }

    @Test func `a fill that has to be done again goes before the foreign keys that are left`() {
        var run = RunMachine(EntityNode("a", .complete), EntityNode("b", fills: ["a"], due: [.validations], .settled))
        run.add(1...1, of: "a", state: .done)
        run.add(2...2, of: "b", state: .done)
        run.add(3...3, of: "b", .fill, state: .done)
        run.join(1, slots: 1)
        #expect(run.advance() == [.constrain("b"), .planTasks("b", .validations)])
        run.add(4...4, of: "b", .validate)
        run.becomes(.pending(notBefore: nil), 3)
        #expect(run.advance() == [.fill("b")])
        #expect(run.grantedShards() == [3])
        run.becomes(.done, 3)
        #expect(run.advance() == [.constrain("b")])
        #expect(run.grantedShards() == [4])
    }

    @Test func `a task is never halved`() {
        var run = self.loaded([.indexes])
        run.add(2...2, of: "a", .index)
        #expect(run.isDivisible(1))
        #expect(!run.isDivisible(2))
    }
}
