/* Runs a fuzz target over the files of the folders named: the corpus as an ordinary test, for
 * compilers without libFuzzer. */
#include "fuzz.h"

#include <dirent.h>

#define INPUT_MAX (4u * 1024 * 1024)

static int replay(const char *folder, const char *name)
{
    OF_FREE char *path = of_asprintf("%s/%s", folder, name);
    OF_CLEANUP(of_cleanup_file) FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    OF_FREE uint8_t *whole = of_alloc(INPUT_MAX);
    size_t size = fread(whole, 1, INPUT_MAX, file);
    /* Of its exact size, so that a sanitizer or valgrind sees a read past the end. */
    OF_FREE uint8_t *input = of_alloc(size);
    memcpy(input, whole, size);
    fprintf(stderr, "%s: %zu bytes\n", path, size);
    LLVMFuzzerTestOneInput(input, size);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            fprintf(stderr, "no folder %s\n", argv[i]);
            return EXIT_FAILURE;
        }
        struct dirent *entry;
        while ((entry = readdir(folder)))
            if (entry->d_name[0] != '.')
                count += replay(argv[i], entry->d_name);
        closedir(folder);
    }
    printf("%d inputs\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
