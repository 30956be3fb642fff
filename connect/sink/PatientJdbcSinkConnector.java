// Debezium's JDBC sink with tasks that wait for a database that is away: see PatientJdbcSinkTask.
package orderflow.connect;

import io.debezium.connector.jdbc.JdbcSinkConnector;
import org.apache.kafka.connect.connector.Task;

public final class PatientJdbcSinkConnector extends JdbcSinkConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return PatientJdbcSinkTask.class;
    }
}
