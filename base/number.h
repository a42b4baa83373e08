/*
 * number: text → numbers, strictly: the whole text must be consumed, no
 * leading blanks, no sign unless said, overflow is refused. All return
 * true on success and leave *OUT alone otherwise.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

bool number_u64(struct text t, uint64_t *out); /* decimal */
bool number_i64(struct text t, int64_t *out);  /* decimal, optional + or - */
bool number_u32(struct text t, uint32_t *out);
bool number_octal(struct text t, uint32_t *out); /* digits 0-7 */

/* Bytes with an optional suffix b k m g t p (any case, also kb, kib): 1024-based.
 * A fraction is allowed: "1.5k" is 1536. */
bool number_size(struct text t, uint64_t *out);

/* Go's time.ParseDuration: [+-]?(digits[.digits](ns|us|µs|ms|s|m|h))+ or 0;
 * the result is in nanoseconds. */
bool number_duration(struct text t, int64_t *out);

/* strconv.ParseBool: 1 t T TRUE true True 0 f F FALSE false False. */
bool number_bool(struct text t, bool *out);

/* 1536 → "1.54kB", 512 → "512B" as BuildKit's plain progress prints sizes: units
 * of 1000, two digits after the point. */
void number_print_size(struct buf *out, uint64_t bytes);

/* Nanoseconds as Go prints a time.Duration: "1m30s", "0s", "1.5s". */
void number_print_duration(struct buf *out, int64_t ns);

#endif
