import ControlStore
import Scheduling

extension TaskRecord {
    /// `building orders_pkey: 43 %, w1, 12 s`, or why it failed.
    var line: String {
        guard self.state == .leased else {
            let message = (self.message ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
            return "\(self.shard) failed: \(message)"
        }
        let action =
            switch self.kind {
            case .index: "building"
            case .constraint: "adding"
            case .validate: "validating"
            case .copy, .fill, .replay: "at"
            }
        var figures: [String] = []
        if let fraction = self.fraction { figures.append("\(Int(fraction * 100)) %") }
        if let worker = self.worker { figures.append(worker.rawValue) }
        if let seconds = self.seconds { figures.append(Figures.duration(max(0, seconds))) }
        return "\(action) \(self.name): \(figures.joined(separator: ", "))"
    }
}
