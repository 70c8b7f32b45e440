import ControlStore
import Foundation
import Scheduling

/// Something that a run took away, in `--json`.
struct StandingRow: Encodable {
    var run: Int
    var entity: String
    var kind: String
    var table: String
    var name: String
    var offSince: Date
    var backSince: Date?
    var isOff: Bool
    /// What keeps it from coming back, in words.
    var hindrance: String?
    /// Why an operator has said that it need not come back.
    var givenUp: String?
    /// Who is at its next step.
    var worker: String?
    /// The statements that are left, in order.
    var restore: [String]

    init(_ standing: SuspendedStanding) {
        self.run = standing.number
        self.entity = standing.object.entity.rawValue
        self.kind = standing.object.kind
        self.table = standing.object.table
        self.name = standing.object.name
        self.offSince = standing.suspendedAt
        self.backSince = standing.restoredAt
        self.isOff = standing.isOpen
        self.hindrance = standing.isOpen ? standing.hindrance : nil
        self.givenUp = standing.givenUp
        self.worker = standing.worker?.rawValue
        self.restore = standing.isOpen ? standing.object.openSteps.map(\.sql) : []
    }
}

/// What `godwit constraints status` prints.
struct StandingList {
    private let standings: [SuspendedStanding]

    init(_ standings: [SuspendedStanding]) {
        self.standings = standings
    }

    var text: String {
        guard !self.standings.isEmpty else { return "nothing is off\n" }
        var table = TextTable([
            .right("run"), .left("entity"), .left("kind"), .left("table"), .left("name"), .left("standing"),
        ])
        for standing in self.standings {
            let object = standing.object
            table.add([
                "#\(standing.number)", object.entity.rawValue, object.kind, object.table, object.name,
                Self.words(standing),
            ])
        }
        var lines = table.lines()
        let open = self.standings.filter(\.isOpen)
        if open.isEmpty {
            let isAll = self.standings.allSatisfy { $0.givenUp == nil && !$0.isGone }
            lines += ["", isAll ? "all of it is back" : "nothing is left to do"]
        } else {
            let hindered = open.filter { $0.hindrance != nil }
            if !hindered.isEmpty { lines += ["", "in the way:"] }
            lines += hindered.map { "  \($0.object.name): \($0.hindrance ?? "")" }
            lines += ["", "left to do:"]
            lines += DueStep.of(open.map(\.object)).map { "  \($0.step.sql);" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ standing: SuspendedStanding) -> String {
        if let reason = standing.givenUp { return "given up: \(reason)" }
        if standing.isGone { return "gone with a column of its table" }
        if standing.restoredAt != nil { return "back" }
        guard standing.isOff else { return "back, by somebody else" }
        if let worker = standing.worker { return "being rebuilt by \(worker.rawValue)" }
        if standing.hindrance != nil { return "OFF, and something is in the way" }
        let done = standing.object.stepsDone
        return "off since \(Figures.time(standing.suspendedAt))"
            + (done > 0 ? ", \(done) of \(standing.object.steps.count) steps done" : "")
    }
}
