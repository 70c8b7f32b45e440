import ArgumentParser
import Catalog
import ControlStore
import Foundation
import Scheduling

struct RejectsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Everything about one rejected row: why, the row, its parent, what was tried, and what to do.",
        discussion: """
            EXAMPLES
              godwit rejects show 4711
              godwit rejects show orders 1207
              godwit rejects show orders 1207 --json --with-source-row

            EXIT STATUS
               0 shown
              64 there is no such run, entity or reject
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(help: ArgumentHelp("The reject's id, or entity and source key.", valueName: "id | entity key"))
    var subject: [String]

    @OptionGroup var run: SelectedRunOptions

    @Flag(help: "The stored source row as it is, personal columns included.")
    var withSourceRow = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let isIdentifier = self.subject.count == 1 && Int64(self.subject[0]) != nil
        let isKey = self.subject.count == 2 && Int64(self.subject[1]) != nil
        guard isIdentifier || isKey else { throw ValidationError("give a reject's id, or an entity and a source key") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "rejects show")
            let history = try await self.history(store, run)
            guard let reject = history.first else {
                throw CommandFailure(.usage, "run #\(run.number) has no reject \(self.subject.joined(separator: " "))")
            }
            // Without the plan nothing is known of the columns, and all of them are kept back.
            let plan = try? JSONDecoder()
                .decode(ResolvedPlan.self, from: Data(try await store.currentPlan(run.id).resolved.utf8))
            var row = reject.sourceRow.map(JSONValue.init(text:))
            if !self.withSourceRow {
                row = row.map(SourceRowRedaction(plan?.entity(named: reject.entity.rawValue)).redacted)
            }
            let words = RejectText(
                reject: reject,
                parent: try await RejectedParent(reject, plan: plan, run: run, store: store),
                winner: try await WinningRow(reject, plan: plan, run: run, store: store)
            )
            if self.output.json {
                try JSONOutput.print(Detail(reject, row: row, history: history, words))
            } else {
                StandardOutput.write(self.text(reject, row, history, words))
            }
        }
    }

    /// The reject that is asked for, and those of the same row, the newest first.
    private func history(_ store: ControlStore, _ run: RunRecord) async throws -> [RejectRecord] {
        var entity: EntityName?
        var key: Int64
        var wanted: RejectRecord?
        if self.subject.count == 2 {
            entity = try await store.entity(self.subject[0], of: run)
            key = Int64(self.subject[1]) ?? 0
        } else {
            let filter = RejectFilter(includesResolved: true, identifiers: [Int64(self.subject[0]) ?? 0])
            wanted = try await store.rejects(of: run.id, filter).first
            guard let wanted else { return [] }
            entity = wanted.entity
            key = wanted.key
        }
        let filter = RejectFilter(entity: entity, keys: key...key, includesResolved: true)
        let all = try await store.rejects(of: run.id, filter).reversed()
        let others = all.filter { $0.id != wanted?.id }
        // Of a key, the open one is meant.
        return (wanted.map { [$0] } ?? []) + others.filter { $0.resolvedAt == nil }
            + others.filter { $0.resolvedAt != nil }
    }

    private func text(
        _ reject: RejectRecord,
        _ row: JSONValue?,
        _ history: [RejectRecord],
        _ words: RejectText
    ) -> String {
        var lines = [
            "reject \(reject.id)  \(reject.entity) \(reject.key)  \(reject.reason)",
            "why:     " + words.reason,
        ]
        if let column = reject.column { lines.append("column:  \(column)") }
        if let detail = reject.detail, !detail.isEmpty { lines.append("detail:  \(detail)") }
        lines.append("shard:   \(reject.shard) at \(Figures.time(reject.createdAt))")
        if let parent = words.parent { lines.append("parent:  \(parent.text)") }
        if reject.tries > 0 {
            lines.append("tried:   \(Figures.counted(reject.tries, "replay")) with the same verdict")
        }
        if let time = reject.resolvedAt {
            let shard = reject.resolvedBy.map { " by \($0)" } ?? ""
            lines.append("now:     \(reject.resolution?.rawValue ?? "resolved") at \(Figures.time(time))\(shard)")
        }
        lines += ["", self.sourceText(reject, row)]
        let others = history.dropFirst()
        if !others.isEmpty {
            lines += ["", "other rejects of the row:"]
            lines += others.map { "  \($0.id)  \($0.reason)  \($0.resolution?.rawValue ?? "open")" }
        }
        if reject.resolvedAt == nil { lines += ["", "next: \(words.next)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    private func sourceText(_ reject: RejectRecord, _ row: JSONValue?) -> String {
        guard let row else {
            return reject.purgedAt.map { "source row: purged at \(Figures.time($0))" } ?? "source row: not stored"
        }
        guard case .object(let members) = row, let width = members.keys.map(\.count).max() else {
            return "source row: \(SourceRowRedaction.mark); --with-source-row shows it"
        }
        let lines = members.sorted { $0.key < $1.key }
            .map { name, value in
                // A JSON value always encodes.
                let text = (try? JSONOutput.text(value, pretty: false)) ?? ""
                return "  \(name.padded(to: width, right: false))  \(text)"
            }
        return "source row\(self.withSourceRow ? "" : " (personal columns left out; --with-source-row shows them)"):\n"
            + lines.joined(separator: "\n")
    }

    private struct Detail: Encodable {
        var reject: RejectRow
        var why: String
        var next: String?
        var parent: String?
        var history: [RejectRow]

        init(_ reject: RejectRecord, row: JSONValue?, history: [RejectRecord], _ words: RejectText) {
            self.reject = RejectRow(reject)
            self.reject.sourceRow = row
            self.why = words.reason
            self.next = reject.resolvedAt == nil ? words.next : nil
            self.parent = words.parent?.text
            self.history = history.dropFirst()
                .map { other in
                    var row = RejectRow(other)
                    row.sourceRow = nil
                    return row
                }
        }
    }
}
