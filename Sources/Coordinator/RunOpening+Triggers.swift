import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

extension RunOpening {
    /// Says what became of what runs had left off when they ended without a coordinator.
    func tell(of objects: Restoration, _ opened: Opened) async throws {
        for object in objects.restored {
            self.logger.notice(
                object.isTrigger
                    ? "switched a trigger on again that an ended run had left off"
                    : "rebuilt what an ended run had dropped for its load",
                metadata: .of([
                    .runID: object.run, .entity: object.entity, .reason: "\(object.name) of \(object.table)",
                ])
            )
            try await self.store.record(
                [
                    NewEvent(
                        .info,
                        "\(object.isTrigger ? "switched on again" : "rebuilt"): \(object.name) of \(object.table)",
                        entity: object.entity
                    )
                ],
                of: object.run
            )
        }
        for (object, error) in objects.refused {
            let remedy =
                object.isTrigger
                ? "as the table's owner: \(object.restoreSQL)" : "godwit constraints restore tells what is in its way"
            let text = """
                \(object.name) of \(object.table) is still off since run \(object.run), which has ended; \(remedy) \
                (\(error.underlying?.message ?? error.message))
                """
            self.logger.warning("an ended run has left something of the target off", metadata: .of([.reason: text]))
            guard case .begun(let run, _) = opened else { continue }
            try await self.store.record([NewEvent(.warning, .triggersOff, text)], of: run.id)
        }
    }
}
