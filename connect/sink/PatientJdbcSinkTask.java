// Debezium's sink task, but patient: a database that goes, is away or is starting up is no fault of
// the records. Debezium's own retries what Hibernate calls a lost connection; a statement that the
// server cuts short, or a failed commit, stops it for good. This one drops the task that failed,
// tells Connect to bring the same records again, and gives them to a new task. The sinks upsert:
// records that had been written before the failure do no harm.
package orderflow.connect;

import io.debezium.connector.jdbc.JdbcSinkConnectorTask;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.postgresql.Driver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public final class PatientJdbcSinkTask extends SinkTask {
    private static final Logger LOGGER = LoggerFactory.getLogger(PatientJdbcSinkTask.class);
    private static final long RETRY_MS = 1000;
    private static final int CAUSES_MAX = 32;

    // SQL states by their first characters: connection exception, transaction rollback (deadlock,
    // serialization), insufficient resources (too many connections, disk full), the server's shutdown
    // and start, system error.
    private static final List<String> PASSING = List.of("08", "40", "53", "57P", "58");

    private Map<String, String> settings;
    private JdbcSinkConnectorTask task; // null while the database is away

    @Override
    public String version() {
        return new JdbcSinkConnectorTask().version();
    }

    @Override
    public void start(Map<String, String> properties) {
        settings = new HashMap<>(properties);
        // Waiting is Connect's: a consumer that waits inside of a task is put out of its group.
        settings.put("flush.max.retries", "0");
        try {
            begin();
        } catch (RuntimeException failure) {
            if (!passes(failure) && !databaseIsAway()) {
                throw failure;
            }
            LOGGER.warn("waiting for the database: {}", innermost(failure).toString());
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        Throwable failure;
        boolean waiting = task == null;
        try {
            if (waiting) {
                begin();
                LOGGER.info("the database is back");
            }
            task.put(records);
            failure = task.getLastProcessingException(); // it would be thrown by the next call only
        } catch (RuntimeException thrown) {
            failure = thrown;
        }
        if (failure == null) {
            return;
        }
        if (!passes(failure) && !databaseIsAway()) {
            throw new ConnectException("JDBC sink connector failure", failure);
        }
        if (!waiting) {
            LOGGER.warn("waiting for the database: {}", innermost(failure).toString());
        }
        end();
        context.timeout(RETRY_MS);
        throw new RetriableException("waiting for the database"); // its cause stands in the log once
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        if (task != null) {
            task.open(partitions);
        }
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        if (task != null) {
            task.close(partitions);
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        return task == null ? Map.of() : task.preCommit(offsets);
    }

    @Override
    public void stop() {
        end();
    }

    private void begin() {
        reachDatabase();
        task = new JdbcSinkConnectorTask();
        try {
            task.initialize(context);
            task.start(settings);
            task.open(context.assignment());
        } catch (RuntimeException failure) {
            end();
            throw failure;
        }
    }

    private void end() {
        JdbcSinkConnectorTask old = task;
        task = null;
        try {
            if (old != null) {
                old.stop();
            }
        } catch (RuntimeException failure) {
            LOGGER.warn("a task that had failed did not stop cleanly", failure);
        }
    }

    // Of a database that is away Hibernate, which starts with the task, says only that it cannot find
    // out its dialect.
    private void reachDatabase() {
        Properties who = new Properties();
        who.setProperty("user", settings.get("connection.username"));
        who.setProperty("password", settings.get("connection.password"));
        String url = settings.get("connection.url");
        try (Connection reached = new Driver().connect(url, who)) {
            if (reached == null) {
                throw new ConnectException("connection.url is not of PostgreSQL: " + url);
            }
        } catch (SQLException failure) {
            throw new ConnectException("no connection to the database", failure);
        }
    }

    private boolean databaseIsAway() {
        try {
            reachDatabase();
            return false;
        } catch (ConnectException failure) {
            return passes(failure);
        }
    }

    // Agroal's pool that waited in vain gives no state, and neither does Debezium for a table that it
    // misses.
    private static boolean passes(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++, cause = cause.getCause()) {
            if (cause instanceof SQLException error) {
                String state = error.getSQLState();
                if (state != null) {
                    return PASSING.stream().anyMatch(state::startsWith);
                }
                if (String.valueOf(error.getMessage()).startsWith("Acquisition timeout")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Throwable innermost(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause.getCause() != null && depth < CAUSES_MAX; depth++) {
            cause = cause.getCause();
        }
        return cause;
    }
}
