/* The wire format's framing: what is split can be put together again. */
#include "fuzz.h"

#include "registry/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer out;
    struct of_error error;
    int32_t id;
    const uint8_t *body;
    size_t body_size;
    of_buffer_init(&out, size);
    if (of_wire_split(data, size, &id, &body, &body_size, &error) < 0) {
        PROMISE(error.class == OF_INPUT && error.kind && strcmp(error.kind, "framing") == 0);
        PROMISE(size < OF_WIRE_HEADER_SIZE || data[0] != 0);
        return 0;
    }
    PROMISE(of_wire_begin(&out, id) == OF_OK);
    PROMISE(of_buffer_append(&out, body, body_size) == OF_OK);
    PROMISE(out.length == size && memcmp(out.data, data, size) == 0);
    return 0;
}
