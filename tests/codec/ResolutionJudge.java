import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Iterator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;

/**
 * Apache Avro's schema resolution on standard input and output. A request is a line of two schemas
 * with a TAB between, the writer's first; its answers are COUNT lines "HEX TAB HEX", a random value
 * as the writer writes it and as the reader's schema would have written it, or "HEX TAB !REASON"
 * where Java refuses, and a line "end" behind them. Arguments: SEED COUNT. An empty HEX is "-".
 */
public final class ResolutionJudge {
    private static final HexFormat HEX = HexFormat.of();

    private static byte[] encode(Schema schema, Object datum) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<Object>(schema).write(datum, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private static Object resolve(Schema writer, Schema reader, byte[] bytes) throws IOException {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
        Object datum =
            new GenericDatumReader<Object>(writer, reader).read(null, decoder);
        if (!decoder.isEnd()) {
            throw new IOException("bytes are left over");
        }
        return datum;
    }

    private static String hex(byte[] bytes) {
        return bytes.length == 0 ? "-" : HEX.formatHex(bytes);
    }

    /** What Java has to say to a value: the bytes it becomes, or why it does not. */
    private static String judge(Schema writer, Schema reader, byte[] bytes) {
        try {
            return hex(encode(reader, resolve(writer, reader, bytes)));
        } catch (IOException | RuntimeException | StackOverflowError cause) {
            return "!" + cause.toString().replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] arguments) throws IOException {
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null; seed++) {
            String[] schemas = line.split("\t");
            try {
                Schema writer = new Schema.Parser().parse(schemas[0]);
                Schema reader = new Schema.Parser().parse(schemas[1]);
                Iterator<Object> data = new RandomData(writer, count, seed).iterator();
                while (data.hasNext()) {
                    byte[] bytes = encode(writer, data.next());
                    out.println(hex(bytes) + "\t" + judge(writer, reader, bytes));
                }
            } catch (RuntimeException cause) {
                out.println("!" + cause.toString().replaceAll("\\s+", " "));
            }
            out.println("end");
            out.flush();
        }
    }
}
