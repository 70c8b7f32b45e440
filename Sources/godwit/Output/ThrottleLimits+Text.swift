import Catalog
import Coordinator
import Foundation
import Scheduling

extension ThrottleLimits {
    /// The limits as people read them, one after the other.
    var text: String {
        var words: [String] = []
        if let rows = self.rowsPerSecond { words.append("\(Figures.count(rows)) rows/s") }
        if let bytes = self.bytesPerSecond { words.append("\(Self.size(bytes))/s of source rows") }
        if let sessions = self.sourceSessions {
            words.append(Self.stop("\(sessions) sessions are active on the source"))
        }
        if let sessions = self.targetSessions {
            words.append(Self.stop("\(sessions) sessions are active on the target"))
        }
        switch self.replicationLag {
        case nil: break
        case .bytes(let bytes): words.append("no rows while a standby is over \(Self.size(bytes)) behind")
        case .seconds(let seconds): words.append("no rows while a standby is over \(seconds) s behind")
        }
        if let bytes = self.walBytesPerSecond { words.append("\(Self.size(bytes))/s of the target's WAL") }
        return words.joined(separator: ", ")
    }

    private static func size(_ bytes: Int) -> String { Figures.bytes(Int64(bytes)) }

    private static func stop(_ signal: String) -> String { "no rows while over \(signal)" }

    /// The limits of a run's resolved plan.
    ///
    /// - Parameter text: JSON, as the control schema keeps it.
    /// - Throws: `CommandFailure` where another version wrote it.
    init(planOf text: String) throws {
        do {
            let plan = try JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
            self.init(plan.policy.throttle)
        } catch {
            throw CommandFailure(.failed, "the run's plan can't be read: this Godwit is of another version; \(error)")
        }
    }
}
