import Catalog
import RowPipeline

extension IdentityFunctions.Entity {
    /// How the SQL functions find an entity's map, where its UUIDs can't be computed.
    init(_ entity: ResolvedEntity) {
        self.init(
            name: entity.name,
            identity: entity.identity,
            table: entity.targetTable,
            idColumn: entity.idColumn ?? "id",
            legacyColumn: entity.legacyColumn
        )
    }
}
