import ControlStore
import Foundation
import Scheduling

/// Draws a run as lines: a header, a line per entity under its phase, a footer.
///
/// Pure: the same view gives the same lines.
struct RunScreen {
    let view: RunView
    /// Characters in a line.
    let width: Int
    /// Lines there is room for, nil for as many as it takes.
    let height: Int?

    var lines: [StyledLine] {
        let header = self.header
        let footer = self.footer
        guard let height = self.height else { return header + self.body { _, _ in true } + footer }
        let room = max(1, height - header.count - footer.count)
        var body = self.body { _, _ in true }
        // What is over, or has not begun, is the least interesting: first whole phases of it, then single entities.
        if body.count > room { body = self.body { phase, _ in phase.contains(where: \.isMoving) } }
        if body.count > room { body = self.body { _, entity in entity.isMoving } }
        if body.count > room {
            let hidden = body.count - room + 1
            body =
                Array(body.prefix(room - 1)) + [StyledLine("  … \(hidden) more lines; godwit status shows all", .faint)]
        }
        return Array((header + body + footer).prefix(max(1, height)))
    }

    /// The run's name and status, and its figures.
    private var header: [StyledLine] {
        let run = self.view.run
        var title = StyledLine("run #\(run.number) \(run.name) ", .bold)
        title.add(self.view.standing, self.style)
        title.add("  \(run.id.description.prefix(8))", .faint)
        return [title] + self.wrapped(self.figures, separator: " · ")
    }

    private var figures: [String] {
        let view = self.view
        var figures = ["\(Int(view.fraction * 100))%", Figures.duration(view.elapsed)]
        figures.append("\(Figures.short(view.rowsPerSecond)) rows/s")
        guard view.isActive else { return figures }
        if let remaining = view.remainingSeconds { figures.append("\(Figures.duration(remaining)) to go") }
        figures.append("\(Figures.counted(view.workers.count, "worker")), \(Figures.counted(view.slots, "slot"))")
        return figures
    }

    /// The phases, each with the entities that are to be shown.
    private func body(_ isShown: ([EntityStatus], EntityStatus) -> Bool) -> [StyledLine] {
        let layout = EntityLayout(self.view.report.entities, width: self.width)
        return self.view.phases.flatMap { phase -> [StyledLine] in
            let complete = phase.entities.count { $0.stage == .complete }
            var label = StyledLine(phase.label, complete == phase.entities.count ? .good : .bold)
            label.add("  \(complete) of \(phase.entities.count)", .faint)
            return [label]
                + phase.entities.filter { isShown(phase.entities, $0) }
                .flatMap { [layout.line($0)] + self.tasks(of: $0) }
        }
    }

    /// What is being built of an entity's table after its load, or could not be.
    private func tasks(of entity: EntityStatus) -> [StyledLine] {
        self.view.tasks.filter { $0.entity == entity.name }
            .flatMap { task -> [StyledLine] in
                let style: StyledLine.Style = task.state == .failed ? .bad : .faint
                let text = task.line
                // Somebody has to read all of a failure; of the others, what fits.
                guard task.state == .failed, self.height == nil else {
                    return [StyledLine(String(("    " + text).prefix(self.width)), style)]
                }
                return text.wrapped(to: max(20, self.width - 4)).map { StyledLine("    " + $0, style) }
            }
    }

    private var footer: [StyledLine] {
        var lines: [StyledLine] = []
        let totals = self.view.report.totals
        let words = [
            "\(Figures.count(totals.migrated)) migrated", "\(Figures.count(totals.rejected)) rejected",
            "\(Figures.count(totals.filtered)) filtered",
        ]
        lines += self.wrapped(words, separator: ", ")
        if !self.view.rejects.isEmpty {
            var reasons = self.view.rejects.map { "\($0.reason) \(Figures.count($0.count))" }
            if self.height != nil, reasons.count > Self.mostReasons + 1 {
                let rest = reasons.count - Self.mostReasons
                reasons = reasons.prefix(Self.mostReasons) + ["\(rest) more reasons"]
            }
            lines += self.wrapped(["rejects: " + reasons[0]] + reasons.dropFirst(), separator: ", ", style: .warning)
        }
        return lines + self.alarms
    }

    /// So many reasons are named where room is short; entities matter more.
    private static let mostReasons = 4

    private var alarms: [StyledLine] {
        self.view.alerts.flatMap { alert, text in
            switch alert {
            case .paused, .failedRun, .cancelledRun, .noCoordinator, .noWorkers, .tooManyWorkers, .sourceBlocked,
                .triggersOff, .structuresOff, .throttled, .disturbed:
                self.wrappedWords(text, style: .loud)
            case .failedShards, .tooManyRejects, .twoSnapshots: self.wrappedWords(text, style: .bad)
            }
        }
    }

    private var style: StyledLine.Style {
        switch self.view.run.status {
        case .running: .bold
        case .completed: self.view.isDone ? .good : .warning
        case .paused: .warning
        case .failed, .cancelled: .bad
        }
    }

    private func wrappedWords(_ text: String, style: StyledLine.Style) -> [StyledLine] {
        self.wrapped(text.split(separator: " ").map(String.init), separator: " ", style: style)
    }

    /// Pieces on as few lines as they fit on.
    private func wrapped(_ pieces: [String], separator: String, style: StyledLine.Style = .plain) -> [StyledLine] {
        var lines: [String] = []
        for piece in pieces {
            if let last = lines.last, last.count + separator.count + piece.count <= self.width {
                lines[lines.count - 1] = last + separator + piece
            } else {
                lines.append(piece)
            }
        }
        return lines.map { StyledLine($0, style) }
    }
}
