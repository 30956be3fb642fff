// The Avro converter of Apicurio, but patient: a registry that cannot be asked is no fault of the
// record. Apicurio's own throws the same kind of exception for both, so that Connect would put good
// records among the dead letters while the registry is away. This one calls such a failure
// retriable, and Connect asks again for as long as errors.retry.timeout says.
package orderflow.connect;

import io.apicurio.registry.rest.client.exception.RateLimitedClientException;
import io.apicurio.registry.rest.client.exception.RestClientException;
import io.apicurio.registry.utils.converter.AvroConverter;
import io.apicurio.rest.client.error.ApicurioRestClientException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.RetriableException;

public final class PatientAvroConverter extends AvroConverter<Object> {
    private static final int CAUSES_MAX = 32;

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        try {
            return super.toConnectData(topic, value);
        } catch (RuntimeException failure) {
            throw judged(failure);
        }
    }

    @Override
    public SchemaAndValue toConnectData(String topic, Headers headers, byte[] value) {
        try {
            return super.toConnectData(topic, headers, value);
        } catch (RuntimeException failure) {
            throw judged(failure);
        }
    }

    private static RuntimeException judged(RuntimeException failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof ApicurioRestClientException) { // all that the registry's client throws
                return speaksOfTheRecord(cause)
                        ? failure
                        : new RetriableException("the schema registry cannot be asked", failure);
            }
            cause = cause.getCause();
        }
        return failure;
    }

    // 404 and its kin: the registry has been asked and does not know the schema. No code at all is
    // a network error; 5xx, 429 and refused credentials are the registry's or the operator's.
    private static boolean speaksOfTheRecord(Throwable cause) {
        if (!(cause instanceof RestClientException answer)
                || cause instanceof RateLimitedClientException
                || answer.getError() == null
                || answer.getError().getErrorCode() == null) {
            return false;
        }
        int code = answer.getError().getErrorCode();
        return code >= 400 && code < 500 && code != 401 && code != 403 && code != 408 && code != 429;
    }
}
