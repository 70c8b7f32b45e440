import ArgumentParser
import Catalog
import ControlStore
import Foundation
import Postgres
import Scheduling

struct ConstraintsRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring back what is off, without a coordinator, whatever became of the run.",
        discussion: """
            Does the statements that are left: triggers first, then indexes, constraints, foreign keys and their \
            validation, each in a transaction of its own, and goes on after a refusal. A coordinator that leads the run \
            does this itself, so it is refused then. Call it as often as you like; what is back stays as it is.

            EXIT STATUS
               0 everything is back
               1 a coordinator leads the run
               2 something is still off
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The run: latest, its number (3 or '#3'), or the beginning of its id; every run with something off without.",
            valueName: "run"
        )
    )
    var run: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "constraints")
            var only: RunID?
            if let name = self.run { only = try await store.run(matching: RunSelector(argument: name)).id }
            let standings = try await store.suspendedStandings(of: only).filter(\.isOpen)
            try await self.refuseLed(Set(standings.map(\.object.run)).union(only.map { [$0] } ?? []), store)
            let answer = try await self.restore(standings.map(\.object), store)
            if self.output.json {
                try JSONOutput.print(answer)
            } else if answer.restored.isEmpty, answer.refused.isEmpty {
                StandardOutput.write("nothing is off\n")
            }
            guard answer.refused.isEmpty else {
                throw CommandFailure(
                    .incomplete,
                    """
                    \(Figures.counted(answer.refused.count, "object")) still OFF; put right what the server says of them \
                    and call godwit constraints restore again
                    """
                )
            }
        }
    }

    private func refuseLed(_ runs: Set<RunID>, _ store: ControlStore) async throws {
        guard try await store.isLed(), let led = try await store.ledRun(), runs.contains(led) else { return }
        let number = try await store.run(matching: .id(led)).number
        throw CommandFailure(
            .failed,
            """
            a coordinator leads run #\(number) and brings its objects back itself; godwit constraints status \(number) \
            shows how far it is
            """
        )
    }

    private func restore(_ objects: [SuspendedRecord], _ store: ControlStore) async throws -> Answer {
        var answer = Answer()
        var refused: Set<Int64> = []
        var personal: [RunID: Set<String>?] = [:]
        var advice = DuplicateAdvice(store)
        for due in DueStep.of(objects) where !refused.contains(due.object.id) {
            self.say("\(due.step.sql);")
            let start = ContinuousClock.now
            do throws(ControlStoreError) {
                try await store.restore(due)
                self.say("  done in \(Figures.duration((.now - start) / .seconds(1)))")
                if due.isLast { answer.restored.append(Answer.Object(due.object)) }
            } catch {
                guard error.isOfObject else { throw error }
                refused.insert(due.object.id)
                if personal[due.object.run] == nil {
                    personal[due.object.run] = await Self.personalEntities(of: due.object.run, store)
                }
                let isOpen = personal[due.object.run].flatMap { $0 }?.contains(due.object.entity.rawValue) == false
                let shown = isOpen ? error.underlying : error.underlying?.withoutRowValues
                let words = [shown?.serverMessage ?? shown?.message ?? error.message, shown?.detail]
                    .compactMap { $0 }.joined(separator: ": ")
                let isOfRows = error.sqlState == .uniqueViolation
                self.say("  REFUSED: \(words)\(isOfRows ? "; " + (try await advice.text(for: due.object)) : "")")
                answer.refused.append(Answer.Object(due.object, words))
            }
        }
        return answer
    }

    /// Entities with personal columns, of whose rows nothing is shown; nil where the run's plan can't be read.
    private static func personalEntities(of run: RunID, _ store: ControlStore) async -> Set<String>? {
        // Where it can't be told, everything counts as personal.
        guard let text = try? await store.resolvedPlan(run),
            let plan = try? JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
        else { return nil }
        return Set(plan.entities.filter(\.hasPersonalColumns).map(\.name))
    }

    private func say(_ line: String) {
        if !self.output.json { StandardOutput.write(line + "\n") }
    }

    private struct Answer: Encodable {
        var restored: [Object] = []
        var refused: [Object] = []

        struct Object: Encodable {
            var entity: String
            var kind: String
            var table: String
            var name: String
            var error: String?

            init(_ object: SuspendedRecord, _ error: String? = nil) {
                self.entity = object.entity.rawValue
                self.kind = object.kind
                self.table = object.table
                self.name = object.name
                self.error = error
            }
        }
    }
}
