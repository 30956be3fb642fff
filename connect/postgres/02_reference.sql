-- Reference tables: what is sold and where customers live. Loaded whole from producer/data by
-- ./orderflow up, so that they follow the files. Can be run again.

SET client_min_messages = warning;

BEGIN;

CREATE TABLE IF NOT EXISTS sku_info (
    sku          integer PRIMARY KEY,
    price        numeric(12, 2),
    cost         numeric(12, 2),
    sale_event_0 real,
    sale_event_1 real,
    sale_event_2 real,
    sale_event_3 real
);

COMMENT ON TABLE sku_info IS 'Everything on sale: price, cost and the discount in each sale event';
COMMENT ON COLUMN sku_info.sku IS 'Number of the article (stock keeping unit)';
COMMENT ON COLUMN sku_info.price IS 'Price of one piece, in pesos';
COMMENT ON COLUMN sku_info.cost IS 'What one piece costs us, in pesos';
COMMENT ON COLUMN sku_info.sale_event_0 IS 'Discount on ordinary days, as a fraction of the price';
COMMENT ON COLUMN sku_info.sale_event_1 IS 'Discount in sale event 1 (mid-month), as a fraction of the price';
COMMENT ON COLUMN sku_info.sale_event_2 IS 'Discount in sale event 2 (mid-month or month''s end), as a fraction of the price';
COMMENT ON COLUMN sku_info.sale_event_3 IS 'Discount in sale event 3 (month''s end), as a fraction of the price';

CREATE TABLE IF NOT EXISTS province_info (
    lgu             text,
    provincial_code text,
    category        text,
    PRIMARY KEY (provincial_code, lgu)
);

COMMENT ON TABLE province_info IS 'Cities and municipalities that customers live in';
COMMENT ON COLUMN province_info.lgu IS 'City or municipality (local government unit)';
COMMENT ON COLUMN province_info.provincial_code IS 'ISO 3166-2 code of the province; PH-00 is Metro Manila';
COMMENT ON COLUMN province_info.category IS 'Size class of the place';

COMMIT;
