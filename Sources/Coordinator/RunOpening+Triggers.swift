import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

extension RunOpening {
    /// Says what became of triggers that runs had left switched off when they ended without a coordinator.
    func tell(of triggers: Restoration, _ opened: Opened) async throws {
        for object in triggers.restored {
            self.logger.notice(
                "switched a trigger on again that an ended run had left off",
                metadata: .of([
                    .runID: object.run, .entity: object.entity, .reason: "\(object.name) of \(object.table)",
                ])
            )
            try await self.store.record(
                [NewEvent(.info, "switched on again: \(object.name) of \(object.table)", entity: object.entity)],
                of: object.run
            )
        }
        for (object, error) in triggers.refused {
            let text = """
                \(object.name) of \(object.table) is still switched off since run \(object.run), which has ended; \
                as the table's owner: \(object.restoreSQL) (\(error.underlying?.message ?? error.message))
                """
            self.logger.warning("an ended run has left a trigger off", metadata: .of([.reason: text]))
            guard case .begun(let run, _) = opened else { continue }
            try await self.store.record([NewEvent(.warning, .triggersOff, text)], of: run.id)
        }
    }
}
