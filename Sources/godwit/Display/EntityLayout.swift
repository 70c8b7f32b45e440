import ControlStore
import Scheduling

/// How the line of an entity is laid out, alike for all of them, as rich as the width allows.
struct EntityLayout {
    private let nameWidth: Int
    /// Characters of the bar, 0 for none.
    private let barWidth: Int
    private let rowsWidth: Int
    private let rejectsWidth: Int
    private let showsRows: Bool
    private let showsRejects: Bool
    private let showsStage: Bool
    private let stageWidth: Int
    private let isShort: Bool

    private static let widestBar = 30
    private static let narrowestBar = 8
    /// Of most stages; the longer ones come with what was dropped for a load only.
    private static let usualStageWidth = 9

    init(_ entities: [EntityStatus], width: Int) {
        let names = entities.map { $0.name.rawValue.count }.max() ?? 0
        let failures = entities.contains { $0.failedShards > 0 } ? 10 : 0
        let rejects = entities.map { Self.rejects($0).count }.max() ?? 0
        let stageWidth = entities.map(\.stage.rawValue.count).reduce(Self.usualStageWidth, max)
        self.stageWidth = stageWidth
        /// The width of everything but the bar.
        func rest(short: Bool, rows: Bool, rejects showsRejects: Bool, stage: Bool) -> Int {
            let figures = entities.map { Self.rows($0, short: short).count }.max() ?? 0
            return 2 + names + 6 + (rows ? figures + 2 : 0) + (showsRejects && rejects > 0 ? rejects + 2 : 0)
                + (stage ? stageWidth + 2 : 0) + failures
        }
        // From rich to poor; the first that fits is taken.
        let variants: [(short: Bool, rows: Bool, rejects: Bool, stage: Bool)] = [
            (false, true, true, true), (true, true, true, true), (true, true, true, false), (true, true, false, false),
            (true, false, false, false),
        ]
        let fitting =
            variants.first {
                rest(short: $0.short, rows: $0.rows, rejects: $0.rejects, stage: $0.stage) + Self.narrowestBar + 2
                    <= width
            }
            ?? variants.first { rest(short: $0.short, rows: $0.rows, rejects: $0.rejects, stage: $0.stage) <= width }
            ?? variants[variants.count - 1]
        let room =
            width - rest(short: fitting.short, rows: fitting.rows, rejects: fitting.rejects, stage: fitting.stage) - 2
        self.nameWidth = names
        self.barWidth = room >= Self.narrowestBar ? min(room, Self.widestBar) : 0
        self.rowsWidth = entities.map { Self.rows($0, short: fitting.short).count }.max() ?? 0
        self.rejectsWidth = rejects
        self.isShort = fitting.short
        self.showsRows = fitting.rows
        self.showsRejects = fitting.rejects && rejects > 0
        self.showsStage = fitting.stage
    }

    func line(_ entity: EntityStatus) -> StyledLine {
        let isWaiting = entity.stage == .waiting
        var line = StyledLine("  " + entity.name.rawValue.padded(to: self.nameWidth), isWaiting ? .faint : .plain)
        if self.barWidth > 0 {
            let filled = Int((entity.fraction * Double(self.barWidth)).rounded(.down))
            line.add("  " + String(repeating: "█", count: filled), entity.stage == .complete ? .good : .plain)
            line.add(String(repeating: "░", count: self.barWidth - filled), .faint)
        }
        line.add("  " + "\(Int(entity.fraction * 100))%".padded(to: 4, right: true), isWaiting ? .faint : .plain)
        if self.showsRows {
            line.add(
                "  " + Self.rows(entity, short: self.isShort).padded(to: self.rowsWidth, right: true),
                isWaiting ? .faint : .plain
            )
        }
        if self.showsRejects {
            line.add("  " + Self.rejects(entity).padded(to: self.rejectsWidth, right: true), .warning)
        }
        if self.showsStage {
            line.add("  " + entity.stage.rawValue.padded(to: self.stageWidth), isWaiting ? .faint : .plain)
        }
        if entity.failedShards > 0 { line.add("  \(Figures.short(Double(entity.failedShards))) failed", .bad) }
        return line
    }

    private static func rows(_ entity: EntityStatus, short: Bool) -> String {
        let migrated = entity.counters.migrated
        let expected = entity.expectedRows
        return short
            ? "\(Figures.short(Double(migrated)))/\(Figures.short(Double(expected)))"
            : "\(Figures.count(migrated))/\(Figures.count(expected))"
    }

    private static func rejects(_ entity: EntityStatus) -> String {
        entity.counters.rejected == 0 ? "" : "\(Figures.count(entity.counters.rejected)) rejected"
    }
}

extension String {
    /// Filled with spaces to a width.
    func padded(to width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - self.count))
        return right ? padding + self : self + padding
    }
}
