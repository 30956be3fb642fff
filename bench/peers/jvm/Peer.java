import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The processors' peer on the JVM: Apache's own clients and Avro's generic records, offsets in the
 * transaction. Decoder, encoder and record are used again, as a careful user would have it.
 *
 * <p>Peer PROPERTIES SCHEMA STAGE INPUT GROUP RECORDS TRANSACTION_RECORDS OUTPUT,FAILED...: reads
 * RECORDS of INPUT once for each pair of outputs; the first pair is the cold JVM's, the last the
 * warm one's.
 */
public final class Peer {
    private static final long DAY = 86_400_000L;
    private static final long HOUR = 3_600_000L;
    private static final int HEADER = 5;

    private final String stage;
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;
    private GenericRecord order;

    private Peer(String stage, Schema schema) {
        this.stage = stage;
        reader = new GenericDatumReader<>(schema);
        writer = new GenericDatumWriter<>(schema);
    }

    /** A number of 0..999 that depends on the order alone. */
    private static long draw(long id, long purpose) {
        long mixed = (id * 0x9E3779B97F4A7C15L) ^ (purpose * 0xBF58476D1CE4E5B9L);
        mixed ^= mixed >>> 31;
        mixed *= 0x94D049BB133111EBL;
        return Long.remainderUnsigned(mixed ^ (mixed >>> 29), 1000);
    }

    /** True: the order goes on; false: it failed. */
    private boolean advance() {
        long id = (Long) order.get("order_id");
        GenericRecord payment = (GenericRecord) order.get("payment_info");
        GenericRecord shipping = (GenericRecord) order.get("shipping_info");
        switch (stage) {
            case "payment": {
                long date = (Long) order.get("order_date");
                if (draw(id, 1) >= 770) {
                    shipping.put("order_status", "Timed Out");
                    shipping.put("finished_date", date + 7 * DAY);
                    return false;
                }
                long method = draw(id, 2);
                long paid = date + draw(id, 3) * 71 * HOUR / 1000;
                payment.put("payment_status", true);
                payment.put("payment_method", method < 570 ? "Bank Transfer"
                    : method < 810 ? "Credit Card" : "Digital Wallet");
                payment.put("payment_date", paid);
                shipping.put("eta", paid + 5 * DAY + draw(id, 4) * 5 * DAY / 1000);
                return true;
            }
            case "shipping": {
                long paid = (Long) payment.get("payment_date");
                if (draw(id, 5) >= 950) {
                    shipping.put("order_status", "Cancelled");
                    shipping.put("finished_date", paid + 6 * HOUR + draw(id, 6) * 48 * HOUR / 1000);
                    return false;
                }
                shipping.put("order_status", "Shipped");
                shipping.put("shipped_date", paid + 12 * HOUR + draw(id, 7) * 48 * HOUR / 1000);
                return true;
            }
            default: {
                long outcome = draw(id, 8);
                shipping.put("order_status",
                    outcome < 950 ? "Delivered" : outcome < 985 ? "Cancelled" : "Returned");
                shipping.put("finished_date",
                    (Long) shipping.get("eta") - 48 * HOUR + draw(id, 9) * 84 * HOUR / 1000);
                return outcome < 950;
            }
        }
    }

    private ProducerRecord<byte[], byte[]> transform(
            ConsumerRecord<byte[], byte[]> record, String output, String failed) throws Exception {
        byte[] value = record.value();
        if (value[0] != 0) {
            throw new IllegalStateException("bad framing at " + record.offset());
        }
        int schemaId = ByteBuffer.wrap(value, 1, 4).getInt();
        decoder = DecoderFactory.get().binaryDecoder(value, HEADER, value.length - HEADER, decoder);
        order = reader.read(order, decoder);
        String topic = advance() ? output : failed;
        bytes.reset();
        bytes.write(0);
        bytes.write(ByteBuffer.allocate(4).putInt(schemaId).array());
        encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
        writer.write(order, encoder);
        encoder.flush();
        return new ProducerRecord<>(topic, record.key(), bytes.toByteArray());
    }

    private long run(KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer,
            long records, long transactionRecords, String[] outputs) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        long done = 0;
        long open = 0;
        long began = 0;
        while (done < records) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                if (done == records) {
                    break;
                }
                if (began == 0) {
                    began = System.nanoTime();
                }
                if (open == 0) {
                    producer.beginTransaction();
                }
                producer.send(transform(record, outputs[0], outputs[outputs.length - 1]));
                offsets.put(new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1));
                done++;
                if (++open == transactionRecords || done == records) {
                    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                    producer.commitTransaction();
                    offsets.clear();
                    open = 0;
                }
            }
        }
        return System.nanoTime() - began;
    }

    public static void main(String[] arguments) throws Exception {
        Properties common = new Properties();
        try (var file = Files.newBufferedReader(Path.of(arguments[0]))) {
            common.load(file);
        }
        Schema schema = new Schema.Parser().parse(Files.readString(Path.of(arguments[1])));
        String input = arguments[3];
        String group = arguments[4];
        long records = Long.parseLong(arguments[5]);
        long transactionRecords = Long.parseLong(arguments[6]);
        Properties reading = new Properties();
        reading.put("bootstrap.servers", common.get("bootstrap.servers"));
        reading.put("group.id", group);
        reading.put("enable.auto.commit", "false");
        reading.put("auto.offset.reset", "earliest");
        reading.put("isolation.level", "read_committed");
        reading.put("max.poll.records", "10000");
        Properties writing = new Properties();
        writing.putAll(common);
        writing.put("transactional.id", group);
        try (var consumer = new KafkaConsumer<>(
                    reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                var producer = new KafkaProducer<>(
                    writing, new ByteArraySerializer(), new ByteArraySerializer())) {
            Peer peer = new Peer(arguments[2], schema);
            producer.initTransactions();
            consumer.subscribe(List.of(input));
            for (int round = 7; round < arguments.length; round++) {
                if (round > 7) {
                    consumer.seekToBeginning(consumer.assignment());
                }
                long nanoseconds = peer.run(
                    consumer, producer, records, transactionRecords, arguments[round].split(","));
                System.out.printf(
                    "{\"records\":%d,\"seconds\":%.3f}%n", records, nanoseconds / 1e9);
            }
        }
    }
}
