import ArgumentParser
import ControlStore
import Foundation
import Scheduling

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happened in a run: retries, expired leases, pauses, what operators did.",
        discussion: """
            EXAMPLES
              godwit events
              godwit events 3 --entity orders --level warning
              godwit events latest --follow --json

            EXIT STATUS
               0 shown, possibly none
              64 there is no such run or entity
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: ArgumentHelp("Only events about this entity.", valueName: "entity"))
    var entity: String?

    @Option(help: ArgumentHelp("Only events about this shard.", valueName: "id"))
    var shard: ShardID?

    @Option(
        help: ArgumentHelp(
            "Only events of this level or a more urgent one: info, warning or error.",
            valueName: "level"
        )
    )
    var level: EventLevel?

    @Flag(help: "Wait for more until the run ends; with --json one document a line.")
    var follow = false

    @OptionGroup var output: OutputOptions

    /// New events are looked for in this time.
    private static let interval = Duration.milliseconds(500)
    /// So many events are read at once.
    private static let page = 1000

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "events")
            var filter = EventFilter(
                entity: try await store.entity(self.entity, of: run),
                shard: self.shard,
                level: self.level
            )
            if self.output.json, !self.follow {
                var rows: [EventRow] = []
                while let page = try await Self.next(store, run.id, &filter) { rows += page.map(EventRow.init) }
                try JSONOutput.print(rows)
                return
            }
            let isFiltered = self.entity != nil || self.shard != nil || self.level != nil
            var isEmpty = true
            while true {
                let isActive = try await store.run(matching: .id(run.id)).status.isActive
                while let page = try await Self.next(store, run.id, &filter) {
                    isEmpty = false
                    for event in page { try self.show(event) }
                }
                guard self.follow, isActive else { break }
                try await Task.sleep(for: Self.interval)
            }
            if isEmpty, !self.output.json {
                StandardOutput.write("run #\(run.number) has no \(isFiltered ? "such " : "")events\n")
            }
        }
    }

    /// The next events, nil when there are none for now.
    private static func next(_ store: ControlStore, _ run: RunID, _ filter: inout EventFilter) async throws
        -> [EventRecord]?
    {
        let events = try await store.events(of: run, filter, limit: Self.page)
        guard let last = events.last else { return nil }
        filter.after = last.id
        return events
    }

    private func show(_ event: EventRecord) throws {
        if self.output.json { return try JSONOutput.printLine(EventRow(event)) }
        StandardOutput.write(EventRow(event).text + "\n")
    }
}

/// An event in `--json`.
struct EventRow: Encodable {
    var id: Int64
    var at: Date
    var level: EventLevel
    var message: String
    var entity: String?
    var shard: String?
    var worker: String?
    var data: JSONValue

    init(_ event: EventRecord) {
        self.id = event.id
        self.at = event.at
        self.level = event.level
        self.message = event.message
        self.entity = event.entity?.rawValue
        self.shard = event.shard?.description
        self.worker = event.worker?.rawValue
        self.data = JSONValue(text: event.data)
    }

    /// One line for people.
    var text: String {
        var words = [Figures.time(self.at), self.level.rawValue.padded(to: 7), self.message]
        words += [self.entity, self.shard, self.worker].compactMap { $0 }
        if case .object(let data) = self.data {
            words += data.sorted { $0.key < $1.key }
                .map { key, value in
                    if case .string(let text) = value { return "\(key)=\(text)" }
                    // JSON values always encode.
                    return "\(key)=\((try? JSONOutput.text(value, pretty: false)) ?? "")"
                }
        }
        return words.joined(separator: "  ")
    }
}

extension RunStatus {
    /// Whether something may still happen by itself.
    var isActive: Bool { self == .running || self == .paused }
}

extension EventLevel: ExpressibleByArgument {}
