import Catalog
import ControlStore
import Scheduling

extension NewEntity {
    init(_ entity: ResolvedEntity) {
        self.init(
            name: EntityName(rawValue: entity.name),
            phase: entity.phase,
            sourceTable: entity.baseTable,
            targetTable: entity.targetTable,
            idColumn: entity.idColumn,
            legacyColumn: entity.legacyColumn,
            dependsOn: entity.dependencies.map { EntityName(rawValue: $0) }
        )
    }
}
